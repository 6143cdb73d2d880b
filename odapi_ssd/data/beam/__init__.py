"""Conversion in an Apache Beam pipeline, on the processes of one machine or on many machines.

One shard is one element of work: a worker reads the images of the shard and writes the shard, so
that no image passes through the runner, and the files are those of a local conversion byte for
byte. What workers are told, and what they report, are files in the staging folder of the output.
`apache_beam`, the extra `beam`, is imported inside functions.
"""
