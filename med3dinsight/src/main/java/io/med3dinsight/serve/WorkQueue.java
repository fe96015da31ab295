package io.med3dinsight.serve;

import io.med3dinsight.DataException;
import io.med3dinsight.Med3DInsight;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Computes on one image at a time, with all threads of the device; a bounded number waits. */
final class WorkQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkQueue.class);
  private static final String BUSY = "Too many images wait already; try again in a moment.";
  private static final String STOPPING = "The server is stopping.";

  private final Med3DInsight model;
  private final ServeOptions options;
  private final Counters counters;
  private final Answers answers;
  private final ThreadPoolExecutor worker;
  private volatile boolean closed;

  WorkQueue(Med3DInsight model, ServeOptions options, Counters counters, Answers answers) {
    this.model = model;
    this.options = options;
    this.counters = counters;
    this.answers = answers;
    worker =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(options.queue()),
            body -> {
              Thread thread = new Thread(body, "serve-compute");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Images that wait. */
  int length() {
    return worker.getQueue().size();
  }

  /** Whether another image would be refused now. */
  boolean isFull() {
    return worker.getQueue().remainingCapacity() == 0;
  }

  /** Answers with what is asked of an image, in its turn; deletes the file. */
  void submit(Computation task, Path image, Response response, Callback callback) {
    try {
      worker.execute(() -> answer(task, image, response, callback));
    } catch (RejectedExecutionException e) {
      Answers.delete(image);
      answers.error(response, 503, refusal(), callback);
    }
  }

  /** Why an image is not taken now. */
  String refusal() {
    return closed ? STOPPING : BUSY;
  }

  private void answer(Computation task, Path image, Response response, Callback callback) {
    try (Body body = new Body(image)) {
      answer(task, body, response, callback);
    } catch (CancellationException e) {
      answers.error(response, 503, STOPPING, callback);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      LOG.error("An image could not be computed", e);
      String sentence =
          e instanceof OutOfMemoryError
              ? "The image does not fit the server's memory."
              : "The server failed; its log says how.";
      answers.error(response, 500, sentence, callback);
    }
  }

  private void answer(Computation task, Body body, Response response, Callback callback)
      throws IOException {
    try {
      if (closed) {
        throw new CancellationException();
      }
      body.open();
      if (isSmallEnough(body, response, callback)) {
        compute(task, body, response, callback);
      }
    } catch (DataException e) {
      answers.error(response, 400, body.told(e), callback);
    }
  }

  private void compute(Computation task, Body body, Response response, Callback callback)
      throws IOException {
    long begin = System.nanoTime();
    List<Volume> channels = body.channels(model.channels(), model.modality());
    switch (task) {
      case SEGMENT -> {
        Path labels = labels(channels);
        counters.done(task, System.nanoTime() - begin);
        answers.labels(response, labels, callback);
      }
      case CLASSIFY -> {
        Map<String, Double> p = model.classify(channels, Progress.NONE, () -> closed);
        counters.done(task, System.nanoTime() - begin);
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("model", model.dataset());
        content.put("predicted", likeliest(p));
        content.put("probabilities", p);
        answers.json(response, 200, content, callback);
      }
      case EMBED -> {
        float[] vector = model.embed(channels, Progress.NONE, () -> closed);
        counters.done(task, System.nanoTime() - begin);
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("model", model.dataset());
        content.put("length", vector.length);
        content.put("embedding", vector);
        answers.json(response, 200, content, callback);
      }
    }
  }

  private Path labels(List<Volume> channels) throws IOException {
    LabelVolume labels = model.segment(channels, Progress.NONE, () -> closed);
    Path file = Files.createTempFile("med3dinsight-labels-", ".nii.gz");
    try {
      labels.write(file);
      return file;
    } catch (RuntimeException | OutOfMemoryError e) {
      Answers.delete(file);
      throw e;
    }
  }

  /** The class of the largest probability, the first of equals. */
  private static String likeliest(Map<String, Double> probabilities) {
    String best = null;
    for (Map.Entry<String, Double> p : probabilities.entrySet()) {
      best = best == null || p.getValue() > probabilities.get(best) ? p.getKey() : best;
    }
    return best;
  }

  /** By what the header says; reading allocates for what is really there. */
  private boolean isSmallEnough(Body body, Response response, Callback callback) {
    if (body.voxels() <= options.maxVoxels()) {
      return true;
    }
    answers.error(
        response,
        413,
        "The image has "
            + body.shapes()
            + " voxels; this server takes "
            + options.maxVoxels()
            + " in all.",
        callback);
    return false;
  }

  @Override
  public void close() {
    closed = true;
    worker.shutdown();
    try {
      // Those that wait are answered too, that the server stops.
      if (!worker.awaitTermination(30, TimeUnit.SECONDS)) {
        LOG.warn("An image is still being computed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
