package io.med3dinsight.serve;

import io.med3dinsight.Med3DInsight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
  private final Med3DInsight model;
  private final ServeOptions options;
  private final Counters counters;
  private final Answers answers;
  private final WorkQueue queue;
  private final Gate gate;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          body -> {
            Thread thread = new Thread(body, "serve-deadlines");
            thread.setDaemon(true);
            return thread;
          });

  Api(
      Med3DInsight model,
      ServeOptions options,
      Counters counters,
      Answers answers,
      WorkQueue queue) {
    this.model = model;
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
      case "/" -> {
        if (isMethod(request, "GET", response, callback)) {
          answers.json(response, 200, Index.of(model, options), callback);
        }
      }
      case "/health" -> health(request, response, callback);
      case "/metrics" -> {
        if (isMethod(request, "GET", response, callback)) {
          answers.text(response, 200, Counters.TYPE, counters.text(queue::length), callback);
        }
      }
      default -> task(path, request, response, callback);
    }
    return true;
  }

  private void health(Request request, Response response, Callback callback) {
    if (isMethod(request, "GET", response, callback)) {
      Map<String, Object> content = new LinkedHashMap<>(Map.of("status", "ok"));
      content.putAll(Index.model(model));
      answers.json(response, 200, content, callback);
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

  private void task(String path, Request request, Response response, Callback callback)
      throws IOException {
    Optional<Computation> task = Computation.at(path);
    if (task.isEmpty()) {
      upload(request, response, callback)
          .refuse(404, "There is no such address; GET / lists those that there are.", clock);
    } else if (!Computation.of(model).contains(task.get())) {
      String sentence =
          "This server has a " + model.kind().word() + " model; GET / lists what it does.";
      upload(request, response, callback).refuse(404, sentence, clock);
    } else {
      compute(task.get(), request, response, callback);
    }
  }

  private void compute(Computation task, Request request, Response response, Callback callback)
      throws IOException {
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
            queue.submit(task, body, response, callback);
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
