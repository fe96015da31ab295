package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Segments one image after the other. While one is computed, the next is read and the previous
 * label map is written, so that at most three volumes are in memory.
 */
final class Prediction {
  private final Segmenter segmenter;
  private final List<PredictFile> files;
  private final Progress progress;
  private final BooleanSupplier stop;
  private final ReadOptions options;

  /** True when the caller named a single image, whose failure is then the command's. */
  private final boolean single;

  private final long begin = System.nanoTime();
  private int written;
  private PredictFile beingWritten;
  private Future<Void> writing;

  Prediction(
      Segmenter segmenter,
      List<PredictFile> files,
      Progress progress,
      BooleanSupplier stop,
      Path input,
      ReadOptions options) {
    this.segmenter = segmenter;
    this.files = files;
    this.progress = progress;
    this.stop = stop;
    this.options = options;
    this.single = files.size() == 1 && files.get(0).image().equals(input);
  }

  /**
   * Segments until all images are done or the user stops.
   *
   * @return the number of label maps written
   * @throws DataException when the only image cannot be segmented
   */
  int run() {
    ExecutorService reader = thread("predict-read");
    ExecutorService writer = thread("predict-write");
    try {
      Future<Volume> next = reader.submit(reading(0));
      for (int i = 0; i < files.size() && !stop.getAsBoolean(); i++) {
        Future<Volume> present = next;
        next = i + 1 < files.size() ? reader.submit(reading(i + 1)) : null;
        LabelVolume labels = segment(i, present);
        awaitWriting();
        if (labels != null) {
          write(writer, files.get(i), labels);
        }
      }
    } catch (CancellationException e) {
      progress.say(e.getMessage() + ".");
    } finally {
      reader.shutdownNow();
      writer.shutdown();
      awaitWriting();
    }
    return written;
  }

  /** The case's labels; null when it cannot be segmented, which is then reported. */
  private LabelVolume segment(int index, Future<Volume> volume) {
    try {
      return segmenter.segment(result(volume), new CaseProgress(index), stop);
    } catch (DataException e) {
      report(files.get(index), e);
      return null;
    }
  }

  private Callable<Volume> reading(int index) {
    return () -> VolumeReader.volume(files.get(index).image(), options).requireFinite();
  }

  private void write(ExecutorService writer, PredictFile file, LabelVolume labels) {
    beingWritten = file;
    writing =
        writer.submit(
            () -> {
              labels.write(file.labels());
              return null;
            });
  }

  private void awaitWriting() {
    if (writing == null) {
      return;
    }
    Future<Void> last = writing;
    writing = null;
    try {
      result(last);
      written++;
    } catch (DataException e) {
      report(beingWritten, e);
    }
  }

  private void report(PredictFile file, DataException e) {
    if (single) {
      throw e;
    }
    progress.say(file.name() + " was not segmented: " + e.getMessage());
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException("a background task failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Interrupted");
    }
  }

  private static ExecutorService thread(String name) {
    return Executors.newSingleThreadExecutor(
        body -> {
          Thread t = new Thread(body, name);
          // A reader that hangs on a network disk must not keep a stopped program alive.
          t.setDaemon(true);
          return t;
        });
  }

  /** Shows a case's windows, with its number and the time left for all cases. */
  private final class CaseProgress implements Progress {
    private final int index;

    CaseProgress(int index) {
      this.index = index;
    }

    @Override
    public Task start(String name, long total, String unit) {
      int n = files.size();
      Task task = progress.start(n == 1 ? name : index + 1 + "/" + n + " " + name, total, unit);
      if (index > 0) {
        long each = (System.nanoTime() - begin) / index;
        task.message("about " + time(each * (n - index)) + " left for all");
      }
      return task;
    }

    @Override
    public void say(String line) {
      progress.say(line);
    }
  }

  private static String time(long nanos) {
    Duration d = Duration.ofSeconds(TimeUnit.NANOSECONDS.toSeconds(nanos));
    return d.toHours() > 0
        ? String.format(Locale.ROOT, "%d h %d min", d.toHours(), d.toMinutesPart())
        : String.format(Locale.ROOT, "%d min %d s", d.toMinutes(), d.toSecondsPart());
  }
}
