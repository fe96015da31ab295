package io.med3dinsight.report;

import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A run's numbers for TensorBoard: below {@value #FOLDER} of the run folder a folder per stage, in
 * it an event file per time that the run was begun or resumed. {@code tensorboard --logdir
 * RUN/tensorboard} shows each stage as a run.
 */
final class EventFiles implements AutoCloseable {
  /** Name of the folder in a run folder. */
  static final String FOLDER = "tensorboard";

  private static final double MILLIS = 1000;

  private final Path folder;
  private final Clock clock;
  private final Map<String, EventFile> open = new LinkedHashMap<>();

  EventFiles(Path run, Clock clock) {
    this.folder = run.resolve(FOLDER);
    this.clock = clock;
  }

  void append(MetricsLine line) {
    of(line.stage()).scalars(now(), line.step(), line.series());
  }

  /** Forgets a stage's numbers of {@code step} and later. */
  void forget(String stage, long step) {
    of(stage).forget(now(), step);
  }

  private EventFile of(String stage) {
    return open.computeIfAbsent(
        stage.replaceAll("[^A-Za-z0-9_-]", "_"),
        name -> EventFile.create(folder.resolve(name), now()));
  }

  private double now() {
    return clock.millis() / MILLIS;
  }

  @Override
  public void close() {
    open.values().forEach(EventFile::close);
    open.clear();
  }
}
