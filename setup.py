"Packaging: everything that may change stands in settings.ini."
from configparser import ConfigParser
from pathlib import Path

import setuptools

config = ConfigParser(delimiters=["="])
config.read(Path(__file__).parent/"settings.ini", encoding="utf-8")
settings = config["DEFAULT"]

setuptools.setup(
    name=settings["lib_name"],
    version=settings["version"],
    description=settings["description"],
    long_description=(Path(__file__).parent/"README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=settings["author"],
    author_email=settings["author_email"],
    url=settings["git_url"],
    keywords=settings["keywords"],
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=f">={settings['min_python']}",
    packages=setuptools.find_packages(include=["unlearn_nb", "unlearn_nb.*"]),
    package_data={"unlearn_nb": ["calibration.json", "fictitious_authors/*.jsonl", "general_knowledge/*.jsonl"]},
    install_requires=settings["requirements"].split(),
    extras_require={"dev": settings["dev_requirements"].split(), "cluster": settings["cluster_requirements"].split(), "docs": settings["docs_requirements"].split()},
    entry_points={"nbdev": [f"{settings['lib_name']}={settings['lib_name']}._modidx:d"], "console_scripts": [settings["console_scripts"]]},
    zip_safe=False,
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Natural Language :: English",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
    ],
)
