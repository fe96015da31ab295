package io.med3dinsight.caption.chat;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.caption.chat.ChatFailure.Kind;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.slice.SliceChoice.Place;
import io.med3dinsight.volume.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;

/**
 * Lets a multimodal language model describe slices of volumes. What is sent of a volume is the
 * pixels of a slice, its plane and its modality, never a name or a header. Each answer is on the
 * disk before the next request of its thread leaves, so a run that was stopped or failed goes on
 * where it was, and nothing is paid for twice.
 *
 * <pre>{@code
 * ChatEndpoint endpoint = ChatEndpoint.of("http://localhost:8000/v1", "qwen2.5-vl", null, false);
 * CaptionSettings settings =
 *     CaptionSettings.standard(endpoint, Modality.CT, Path.of("captions.jsonl"));
 * CaptionSummary summary =
 *     new Captioner(settings)
 *         .run(CaptionSource.list(Path.of("scans"), ReadOptions.none()), Progress.NONE, () -> false);
 * }</pre>
 */
public final class Captioner {
  /**
   * Slices that fail one after the other, with all their tries, before the service counts as down.
   */
  private static final int IN_A_ROW = 5;

  private final CaptionSettings settings;
  private final Time time;
  private final DoubleSupplier random;

  public Captioner(CaptionSettings settings) {
    this(settings, Time.REAL, () -> ThreadLocalRandom.current().nextDouble());
  }

  Captioner(CaptionSettings settings, Time time, DoubleSupplier random) {
    this.settings = settings;
    this.time = time;
    this.random = random;
  }

  /**
   * Describes slices until all are done or the caller says stop; requests in flight then still end
   * and are written. Slices that the output describes already are left out.
   *
   * @param stop asked before each request
   * @throws UsageException when the service refuses the key, the model or the request
   * @throws DataException when the service cannot be reached or keeps failing, or a file cannot be
   *     used; what was done stays
   */
  public CaptionSummary run(List<CaptionSource> sources, Progress progress, BooleanSupplier stop) {
    AnswerFilter filter = new AnswerFilter(settings.mostRepeats());
    try (CaptionOutput output = new CaptionOutput(settings, filter);
        CaptionLog log =
            new CaptionLog(settings.log(), settings.endpoint(), settings.prices(), time)) {
      return new Run(output, log, filter, progress, stop).run(sources);
    }
  }

  /**
   * Writes what would be sent, instead of sending it: a PNG for each slice and the prompts.
   *
   * @return the number of slices
   */
  public int preview(List<CaptionSource> sources, Path folder, Progress progress) {
    int count = 0;
    StringBuilder prompts = new StringBuilder();
    try (Progress.Task task = progress.start("preview", sources.size(), "volumes")) {
      for (CaptionSource source : sources) {
        SliceJobs jobs = new SliceJobs(settings, source, source.read());
        for (Place place : jobs.places()) {
          SliceJob job = jobs.job(place);
          if (job != null) {
            String name = source.id() + "-" + place.plane().label() + "-" + place.index() + ".png";
            AtomicFile.write(folder.resolve(name), out -> out.write(job.request().png()));
            prompts.append(name).append('\n').append(job.prompt().system()).append('\n');
            prompts.append(job.prompt().user()).append("\n\n");
            count++;
          }
        }
        task.step();
      }
    }
    byte[] text = prompts.toString().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(folder.resolve("prompts.txt"), out -> out.write(text));
    return count;
  }

  /** One run: a thread makes requests, others send them. */
  private final class Run {
    private final CaptionOutput output;
    private final AnswerFilter filter;
    private final Progress progress;
    private final BooleanSupplier stop;
    private final ChatClient client;
    private final Asking asking;
    private final AnswerCache cache = new AnswerCache(settings.cache());
    private final CaptionSummary.Tally tally = new CaptionSummary.Tally();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicInteger inARow = new AtomicInteger();
    private final AtomicBoolean warned = new AtomicBoolean();
    private final ExecutorService pool =
        Executors.newFixedThreadPool(settings.traffic().inFlight());

    /** Pictures that wait for a thread; more would only take memory. */
    private final Semaphore room = new Semaphore(2 * settings.traffic().inFlight());

    /** Slices whose picture, prompt and model are being asked about already. */
    private final Map<String, List<SliceJob>> asked = new HashMap<>();

    private Progress.Task task;
    private volatile boolean interrupted;

    Run(
        CaptionOutput output,
        CaptionLog log,
        AnswerFilter filter,
        Progress progress,
        BooleanSupplier stop) {
      this.output = output;
      this.filter = filter;
      this.progress = progress;
      this.stop = stop;
      CaptionSettings.Traffic t = settings.traffic();
      client = new ChatClient(settings.endpoint(), t.timeout(), time);
      Pace pace = new Pace(t.perMinute(), time);
      asking = new Asking(client, log, pace, t.retries(), time, random);
    }

    private boolean isOver() {
      return interrupted || failure.get() != null || stop.getAsBoolean();
    }

    CaptionSummary run(List<CaptionSource> sources) {
      long most = (long) sources.size() * settings.picture().slices().most();
      try (Progress.Task t = progress.start("caption", most, "slices")) {
        task = t;
        try {
          for (CaptionSource source : sources) {
            if (!isOver()) {
              submit(source, sources.size() == 1);
            }
          }
        } finally {
          finish();
        }
      }
      rethrow();
      boolean stopped = interrupted || stop.getAsBoolean();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return tally.summary(settings.prices(), stopped);
    }

    /** Waits for the requests in flight. */
    private void finish() {
      pool.shutdown();
      boolean ended = false;
      while (!ended) {
        try {
          ended = pool.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
          // They are paid for; their threads begin nothing new.
          interrupted = true;
        }
      }
    }

    private void rethrow() {
      Throwable e = failure.get();
      if (e instanceof Error error) {
        throw error;
      }
      if (e instanceof RuntimeException known) {
        throw known;
      }
    }

    private void submit(CaptionSource source, boolean single) {
      task.message(source.id() + ", " + tally.message(settings.prices()));
      SliceJobs jobs;
      List<Place> places;
      try {
        jobs = new SliceJobs(settings, source, source.read());
        places = jobs.places();
      } catch (DataException e) {
        if (single) {
          throw e;
        }
        tally.unreadable(e.getMessage());
        progress.say(source.id() + " is left out: " + e.getMessage());
        task.step(settings.picture().slices().most());
        return;
      }
      task.step(settings.picture().slices().most() - places.size());
      for (Place place : places) {
        if (isOver()) {
          return;
        }
        submit(jobs.job(place));
      }
    }

    private void submit(SliceJob job) {
      if (job == null) {
        tally.blank();
        task.step();
        return;
      }
      if (output.isDone(job)) {
        tally.earlier();
        task.step();
        return;
      }
      String earlier = settings.askAgain() ? null : output.rejectedEarlier(job);
      if (earlier != null) {
        tally.rejected(earlier);
        task.step();
        return;
      }
      ChatAnswer known = cache.get(job.key());
      if (known != null) {
        String reason = filter.reason(known);
        if (reason == null || !settings.askAgain()) {
          tally.fromCache();
          keep(job, known, reason);
          return;
        }
      }
      ask(job);
    }

    private void ask(SliceJob job) {
      synchronized (asked) {
        List<SliceJob> twins = asked.get(job.key());
        if (twins != null) {
          twins.add(job);
          return;
        }
        asked.put(job.key(), new ArrayList<>(List.of(job)));
      }
      try {
        boolean free = false;
        while (!free) {
          if (isOver()) {
            return;
          }
          free = room.tryAcquire(Time.NOTICE_NANOS, TimeUnit.NANOSECONDS);
        }
      } catch (InterruptedException e) {
        interrupted = true;
        return;
      }
      pool.execute(
          () -> {
            try {
              work(job);
            } catch (RuntimeException | Error e) {
              failure.compareAndSet(null, e);
            } finally {
              room.release();
            }
          });
    }

    private void work(SliceJob job) {
      try {
        if (!isOver()) {
          answer(job);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        interrupted = true;
      }
    }

    private void answer(SliceJob job) throws InterruptedException {
      try {
        ChatAnswer answer = asking.ask(job, this::isOver);
        if (answer != null) {
          // First of all, since it is paid for.
          cache.put(job.key(), answer, settings.endpoint().model());
          tally.answered(answer);
          warnWhenBlind(job, answer);
          inARow.set(0);
          keepAll(job, answer);
        }
      } catch (ChatFailure f) {
        failed(job, f);
      }
    }

    /** Some services drop pictures that their model cannot take, and answer all the same. */
    private void warnWhenBlind(SliceJob job, ChatAnswer answer) {
      if (answer.seemsBlind(job.prompt()) && warned.compareAndSet(false, true)) {
        progress.say(
            "The service counted "
                + answer.promptTokens()
                + " tokens for prompt and picture, about what the prompt's words take alone: check"
                + " that model '"
                + settings.endpoint().model()
                + "' takes pictures.");
      }
    }

    private List<SliceJob> twins(SliceJob job) {
      synchronized (asked) {
        return asked.remove(job.key());
      }
    }

    private void keepAll(SliceJob job, ChatAnswer answer) {
      for (SliceJob twin : twins(job)) {
        keep(twin, answer, filter.reason(answer));
      }
    }

    private void keep(SliceJob job, ChatAnswer answer, String reason) {
      if (reason == null) {
        output.write(job, answer.text());
        tally.written();
      } else {
        output.reject(job, answer, reason);
        tally.rejected(reason);
      }
      task.step();
      task.message(job.volume() + ", " + tally.message(settings.prices()));
    }

    private void failed(SliceJob job, ChatFailure f) throws InterruptedException {
      switch (f.kind()) {
        case REFUSED -> {
          inARow.set(0);
          ChatAnswer none = new ChatAnswer("", ChatAnswer.REFUSED, null, null);
          cache.put(job.key(), none, settings.endpoint().model());
          keepAll(job, none);
        }
        case RETRY -> {
          for (SliceJob twin : twins(job)) {
            tally.failed(f.getMessage());
            task.step();
            progress.say(
                twin.volume()
                    + ", "
                    + twin.place().plane().label()
                    + " slice "
                    + twin.place().index()
                    + " has no caption: "
                    + f.getMessage()
                    + ".");
          }
          if (inARow.incrementAndGet() >= IN_A_ROW) {
            failure.compareAndSet(null, unusable(f));
          }
        }
        case KEY, MODEL, REDIRECT, REQUEST, QUOTA, UNREACHABLE ->
            failure.compareAndSet(null, unusable(f));
      }
    }

    private RuntimeException unusable(ChatFailure f) throws InterruptedException {
      boolean named = f.kind() == Kind.MODEL || f.kind() == Kind.RETRY;
      List<String> models = named ? client.models() : List.of();
      return EndpointFailures.of(f, settings, models);
    }
  }
}
