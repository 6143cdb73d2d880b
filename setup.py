"""The package list; everything else about the package is in pyproject.toml.

Templates and label maps live at the root, where users look for them. An installed package carries
them as `odapi_ssd/pipelines` and `odapi_ssd/label_maps`; `odapi_ssd/resources.py` finds the former.
"""

from setuptools import find_packages, setup

ROOT_FOLDERS = {"odapi_ssd.pipelines": "pipelines", "odapi_ssd.label_maps": "label_maps"}

setup(
    packages=[*find_packages(include=["odapi_ssd", "odapi_ssd.*"]), *ROOT_FOLDERS],
    package_dir=ROOT_FOLDERS,
)
