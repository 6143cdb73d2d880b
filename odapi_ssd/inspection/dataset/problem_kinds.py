"""The kinds of problems that a dataset can have: what each is called, what it means, what to do."""

from dataclasses import dataclass

__all__ = ["KINDS", "ProblemKind"]


@dataclass(frozen=True)
class ProblemKind:
    """A kind of problem.

    Attributes:
        name: in `report.json`.
        severity: "error" if `convert` refuses the dataset for it, "warning" if training suffers or
            something is probably not meant, "note" for what is good to know.
        title: a heading.
        one: what is counted, one of them.
        many: several of them.
        advice: what it means and what to do.
    """

    name: str
    severity: str
    title: str
    one: str
    many: str
    advice: str


_ALL = (
    ProblemKind(
        "annotation_unreadable", "error", "Annotations that cannot be read", "fault", "faults",
        "A conversion stops at these. Correct or remove the files.",
    ),
    ProblemKind(
        "image_missing", "error", "Annotations without an image", "annotation", "annotations",
        "The image file is not there, or has another name. Add it, or remove the annotation.",
    ),
    ProblemKind(
        "image_unusable", "error", "Images that cannot be decoded", "image", "images",
        "The file is damaged, or not in a format that TensorFlow decodes. Export it again.",
    ),
    ProblemKind(
        "split_broken", "error", "Splits that cannot be used", "fault", "faults",
        "A list of a split cannot be read, or names images that are not in the dataset.",
    ),
    ProblemKind(
        "no_objects", "error", "No objects at all", "fault", "faults",
        "There is nothing to learn, and no class to make a label map of.",
    ),
    ProblemKind(
        "box_inverted", "warning", "Boxes with swapped corners", "box", "boxes",
        "The left edge is right of the right one, or the top below the bottom. A conversion drops "
        "these boxes, because one of the numbers may as well be mistyped; with --fix_inverted it "
        "swaps them back.",
    ),
    ProblemKind(
        "box_without_area", "warning", "Boxes with zero area", "box", "boxes",
        "Nothing of the box is in the image. A conversion drops it; the object is then learned as "
        "background.",
    ),
    ProblemKind(
        "box_clipped", "warning", "Boxes that reach over the image", "box", "boxes",
        "A conversion clips them to the image. A pixel or two is harmless; more means that box and "
        "image do not belong together.",
    ),
    ProblemKind(
        "box_repeated", "warning", "Boxes annotated twice", "box", "boxes",
        "The same class and the same box as another object of the image. It counts twice in "
        "training and costs recall in evaluation.",
    ),
    ProblemKind(
        "box_of_two_classes", "warning", "Boxes of two classes", "box", "boxes",
        "Exactly the box of an object of another class: mostly an object that was annotated anew "
        "instead of being renamed. One of the two is a wrong answer whatever the detector says.",
    ),
    ProblemKind(
        "box_tiny", "warning", "Tiny boxes", "box", "boxes",
        "Less than a pixel wide or high once the image is resized to 300×300 pixels, the smallest "
        "input among the templates. Often a click by mistake; otherwise too small to be learned.",
    ),
    ProblemKind(
        "box_too_small", "warning", "Boxes that no anchor can match", "box", "boxes",
        "At the template's input size, even an anchor centered on the box would not reach the "
        "matcher's IoU. Such objects are hardly learned: take a larger input or other anchors, cut "
        "the images into tiles, or leave these objects out.",
    ),
    ProblemKind(
        "image_in_two_splits", "warning", "The same image in several splits", "image", "images",
        "Files with the same bytes. Scores on data that was trained on are too good: keep one.",
    ),
    ProblemKind(
        "image_repeated", "warning", "The same image several times in a split", "image", "images",
        "Files with the same bytes, or one file with several annotations. Objects that one of the "
        "annotations lacks are learned as background.",
    ),
    ProblemKind(
        "class_names_similar", "warning", "Class names that are nearly the same",
        "group of names", "groups of names",
        "They differ in letter case, spacing or Unicode form alone, and are kept apart as classes "
        "of their own. Rename all but one.",
    ),
    ProblemKind(
        "class_names_near", "warning", "Class names that may be the same",
        "pair of names", "pairs of names",
        "A plural beside its singular, or a rare name that is one letter off a frequent one. If "
        "they are the same class, rename one: convert --rename old=new.",
    ),
    ProblemKind(
        "class_missing", "warning", "Classes that a split lacks", "class", "classes",
        "A class that train lacks cannot be learned; without it in val or test, its score is "
        "unknown.",
    ),
    ProblemKind(
        "size_conflict", "warning", "Annotations that disagree with the image's size",
        "annotation", "annotations",
        "Boxes are taken as pixels of the image as it is. If the image was resized or rotated "
        "after it was annotated, they do not fit.",
    ),
    ProblemKind(
        "image_rotated", "warning", "Images with an EXIF rotation", "image", "images",
        "TensorFlow decodes an image as it is stored and ignores the rotation, so these lie on "
        "their side in training. The pictures show them as the annotations' sizes say they were "
        "annotated. To train on them upright, rotate the files first, for example with "
        "ImageMagick's mogrify -auto-orient.",
    ),
    ProblemKind(
        "image_animated", "warning", "Animations", "image", "images",
        "A conversion takes the first frame.",
    ),
    ProblemKind(
        "image_transparent", "warning", "Images with transparent pixels", "image", "images",
        "They become the color that is stored below, as here in the picture. If that is not what "
        "should be seen, put the images on a background first.",
    ),
    ProblemKind(
        "image_without_objects", "note", "Images without objects", "image", "images",
        "They are kept, as examples of background. Make sure that nothing was forgotten.",
    ),
    ProblemKind(
        "remark", "note", "Remarks on the folder", "remark", "remarks",
        "What was noticed while the folder was read and its splits were made.",
    ),
)  # fmt: skip

KINDS = {kind.name: kind for kind in _ALL}
"""By name, the gravest first."""
