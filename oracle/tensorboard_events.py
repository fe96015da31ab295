"""Writes med3dinsight/src/test/resources/io/med3dinsight/report/events.bin: an event file as TensorBoard's own record writer makes it
(pip package tensorboard). With a folder as argument it prints instead what TensorBoard reads from the event files in it, per run and tag.
Run from the root of the repository: python3 oracle/tensorboard_events.py [RUN/tensorboard]"""
import os
import sys

OUT = "med3dinsight/src/test/resources/io/med3dinsight/report/events.bin"


def write():
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    def value(tag, number):
        return Summary.Value(tag=tag, simple_value=number)

    with open(OUT, "wb") as f:
        writer = RecordWriter(f)
        for event in [
            Event(wall_time=1.7e9, file_version="brain.Event:2"),
            Event(wall_time=1.7e9 + 0.5, step=1, summary=Summary(value=[value("loss", 0.75), value("dice.links", 1e-3)])),
            Event(wall_time=1.7e9 + 2, step=300, summary=Summary(value=[value("loss", float("nan"))])),
            Event(wall_time=1.7e9 + 3, step=2, session_log=SessionLog(status=SessionLog.START)),
            Event(wall_time=1.7e9 + 4, step=2**40, summary=Summary(value=[value("größe", float("inf"))])),
        ]:
            writer.write(event.SerializeToString())
        writer.flush()


def read(folder):
    from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

    runs = EventMultiplexer().AddRunsFromDirectory(folder)
    runs.Reload()
    for run in sorted(runs.Runs()):
        for tag in runs.GetAccumulator(run).Tags()["scalars"]:
            for e in runs.Scalars(run, tag):
                print(run, tag, e.step, f"{e.value:.6g}")


if __name__ == "__main__":
    read(sys.argv[1]) if len(sys.argv) > 1 else write()
