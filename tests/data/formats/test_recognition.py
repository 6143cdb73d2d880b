"""Each ordinary dataset is recognized as one format, and no other."""

import json

import pytest
from PIL import Image

from odapi_ssd.data.formats.registry import _formats
from tests.support.dataset_files import write_text

CSV = "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,4,2,dog,0,0,1,1\n"
VOC = (
    "<annotation><filename>a.jpg</filename><object><name>dog</name><bndbox><xmin>0</xmin>"
    "<ymin>0</ymin><xmax>1</xmax><ymax>1</ymax></bndbox></object></annotation>"
)
CVAT = '<annotations><image name="a.jpg" width="4" height="2"/></annotations>'
COCO = json.dumps({
    "images": [{"id": 1, "file_name": "a.jpg", "height": 2, "width": 4}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "area": 1,
                     "iscrowd": 0}],
    "categories": [{"id": 1, "name": "dog"}],
})  # fmt: skip
LABELME = '{"version": "5.0.1", "flags": {}, "shapes": [], "imagePath": "a.jpg"}'
YOLO = "0 0.5 0.5 0.5 0.5\n"
YAML = "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['dog']\n"

# By the format and what is special: the files beside the images.
DATASETS = {
    "voc, its own": {"JPEGImages/a.jpg": None, "Annotations/a.xml": VOC,
                     "ImageSets/Main/train.txt": "a\n", "ImageSets/Main/dog_train.txt": "a 1\n"},
    "voc, flat": {"a.jpg": None, "a.xml": VOC},
    "voc, LabelImg's list of classes": {"a.jpg": None, "a.xml": VOC, "classes.txt": "dog\n"},
    "voc, with the tutorials' CSV": {"images/train/a.jpg": None, "images/train/a.xml": VOC,
                                     "annotations/train_labels.csv": CSV},
    "voc, Roboflow": {"train/a.jpg": None, "train/a.xml": VOC, "README.roboflow.txt": "Hi\n"},
    "coco, Roboflow": {"train/a.jpg": None, "train/_annotations.coco.json": COCO},
    "coco, its own": {"train2017/a.jpg": None, "annotations/instances_train2017.json": COCO},
    "yolo, Ultralytics": {"images/train/a.jpg": None, "labels/train/a.txt": YOLO,
                          "coco8.yaml": "names: {0: dog}\ntrain: images/train\n"},
    "yolo, Roboflow": {"train/images/a.jpg": None, "train/labels/a.txt": YOLO, "data.yaml": YAML,
                       "README.dataset.txt": "Hi\n"},
    "yolo, Darknet": {"obj_train_data/a.jpg": None, "obj_train_data/a.txt": YOLO,
                      "obj.names": "dog\n", "obj.data": "train = data/train.txt\n",
                      "train.txt": "data/obj_train_data/a.jpg\n"},
    "yolo, LabelImg": {"a.jpg": None, "a.txt": YOLO, "classes.txt": "dog\n"},
    "yolo, Label Studio": {"images/a.jpg": None, "labels/a.txt": YOLO, "classes.txt": "dog\n",
                           "notes.json": '{"categories": [{"id": 0, "name": "dog"}], "info": {}}'},
    "csv, the tutorials": {"images/train/a.jpg": None, "train_labels.csv": CSV,
                           "test_labels.csv": CSV, "label_map.pbtxt": "item { id: 1 name: 'dog' }"},
    "csv, Roboflow": {"train/a.jpg": None, "train/_annotations.csv": CSV},
    "csv, keras-retinanet": {"a.jpg": None, "annotations.csv": "a.jpg,0,0,1,1,dog\n",
                             "classes.csv": "dog,0\n"},
    "labelme, side by side": {"a.jpg": None, "a.json": LABELME},
    "labelme, apart": {"images/a.jpg": None, "json/a.json": LABELME, "labels.txt": "dog\n"},
    "cvat, images": {"images/a.jpg": None, "annotations.xml": CVAT},
    "cvat, video": {"images/frame_000000.PNG": None,
                    "annotations.xml": "<annotations><track/></annotations>"},
}  # fmt: skip


@pytest.mark.parametrize("title", DATASETS)
def test_one_format_alone(tmp_path, title):
    for name, text in DATASETS[title].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            Image.new("RGB", (4, 2)).save(path)
        else:
            write_text(path, text)
    expected = title.partition(",")[0]
    found = [name for name, one in _formats.items() if one.recognize(tmp_path)]
    assert found == ([expected] if expected in _formats else [])
