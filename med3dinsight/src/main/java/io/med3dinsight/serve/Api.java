package io.med3dinsight.serve;

import io.med3dinsight.inference.SegmentationPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** The requests that a server understands. */
final class Api extends Handler.Abstract implements AutoCloseable {
  private final SegmentationPlan plan;
  private final ServeOptions options;
  private final Counters counters;
  private final Answers answers;
  private final SegmentQueue queue;
  private final Gate gate;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          body -> {
            Thread thread = new Thread(body, "serve-deadlines");
            thread.setDaemon(true);
            return thread;
          });

  Api(
      SegmentationPlan plan,
      ServeOptions options,
      Counters counters,
      Answers answers,
      SegmentQueue queue) {
    this.plan = plan;
    this.options = options;
    this.counters = counters;
    this.answers = answers;
    this.queue = queue;
    gate = new Gate(options.token());
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws IOException {
    Optional<Gate.Refusal> refusal = gate.refusal(request);
    if (refusal.isPresent()) {
      upload(request, response, callback)
          .refuse(refusal.get().status(), refusal.get().sentence(), clock);
      return true;
    }
    String path = Request.getPathInContext(request);
    switch (path) {
      case "/segment" -> segment(request, response, callback);
      case "/health" -> health(request, response, callback);
      case "/metrics" -> {
        if (isMethod(request, "GET", response, callback)) {
          answers.text(response, 200, Counters.TYPE, counters.text(queue::length), callback);
        }
      }
      default ->
          upload(request, response, callback)
              .refuse(404, "There is only POST /segment, GET /health and GET /metrics.", clock);
    }
    return true;
  }

  private void health(Request request, Response response, Callback callback) {
    if (isMethod(request, "GET", response, callback)) {
      answers.json(
          response,
          200,
          Map.of(
              "status", "ok",
              "model", plan.dataset(),
              "modality", plan.modality(),
              "labels", plan.labels()),
          callback);
    }
  }

  private boolean isMethod(Request request, String method, Response response, Callback callback) {
    if (request.getMethod().equals(method)) {
      return true;
    }
    response.getHeaders().put(HttpHeader.ALLOW, method);
    upload(request, response, callback)
        .refuse(405, "This address takes " + method + " only.", clock);
    return false;
  }

  private void segment(Request request, Response response, Callback callback) throws IOException {
    if (!isMethod(request, "POST", response, callback)) {
      return;
    }
    if (queue.isFull() || counters.uploads.get() >= options.uploads()) {
      upload(request, response, callback).refuse(503, queue.refusal(), clock);
      return;
    }
    // While an image waits and is segmented nothing is sent, which is no reason to give up.
    request.addIdleTimeoutListener(e -> false);
    Path file = Files.createTempFile("med3dinsight-body-", "");
    counters.uploads.incrementAndGet();
    Upload.Outcome outcome =
        new Upload.Outcome() {
          @Override
          public void complete(Path body) {
            counters.uploads.decrementAndGet();
            counters.received(Request.getContentBytesRead(request));
            queue.submit(body, response, callback);
          }

          @Override
          public void over() {
            counters.uploads.decrementAndGet();
            Answers.delete(file);
          }
        };
    try {
      upload(request, response, callback).receive(file, outcome, clock);
    } catch (IOException e) {
      outcome.over();
      throw e;
    }
  }

  private Upload upload(Request request, Response response, Callback callback) {
    return new Upload(request, response, callback, options, answers);
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
