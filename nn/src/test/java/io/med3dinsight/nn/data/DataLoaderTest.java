package io.med3dinsight.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class DataLoaderTest {
  private static final int PER_EPOCH = 7;

  /** Random numbers and the case picked by the epoch's order; takes a random time. */
  private static final class Numbers implements SampleSource<double[]> {
    final AtomicInteger loaded = new AtomicInteger();

    @Override
    public double[] load(SampleKey key) throws Exception {
      SplittableRandom r = key.random();
      Thread.sleep(r.nextInt(3));
      loaded.incrementAndGet();
      return new double[] {key.epochOrder(PER_EPOCH)[key.index()], r.nextDouble()};
    }

    @Override
    public String describe(SampleKey key) {
      return "case" + key.index();
    }
  }

  @AfterEach
  void noThreadIsLeft() {
    assertTrue(
        Thread.getAllStackTraces().keySet().stream()
            .noneMatch(t -> t.getName().startsWith("med3dinsight-loader")));
  }

  private static List<double[]> take(SampleKey start, int threads, int count) {
    List<double[]> all = new ArrayList<>();
    try (DataLoader<double[]> loader =
        new DataLoader<>(new Numbers(), start, PER_EPOCH, threads, 2 * threads)) {
      for (int i = 0; i < count; i++) {
        assertEquals(loader.position(), loader.next().key());
      }
      all.clear();
    }
    try (DataLoader<double[]> loader =
        new DataLoader<>(new Numbers(), start, PER_EPOCH, threads, 3)) {
      for (int i = 0; i < count; i++) {
        all.add(loader.next().value());
      }
    }
    return all;
  }

  @Test
  void samplesDoNotDependOnThreads() {
    List<double[]> one = take(new SampleKey(11, 0, 0), 1, 20);
    for (int threads : new int[] {2, 4}) {
      List<double[]> many = take(new SampleKey(11, 0, 0), threads, 20);
      for (int i = 0; i < 20; i++) {
        assertArrayEquals(one.get(i), many.get(i));
      }
    }
    assertNotEquals(one.get(0)[1], take(new SampleKey(12, 0, 0), 1, 1).get(0)[1]);
  }

  @Test
  void aResumedLoaderContinues() {
    List<double[]> all = take(new SampleKey(11, 0, 0), 2, 20);
    List<double[]> rest = take(new SampleKey(11, 1, 3), 2, 10);
    for (int i = 0; i < 10; i++) {
      assertArrayEquals(all.get(PER_EPOCH + 3 + i), rest.get(i));
    }
    assertArrayEquals(all.get(PER_EPOCH), take(new SampleKey(11, 0, PER_EPOCH), 1, 1).get(0));
  }

  @Test
  void everyEpochVisitsEveryCaseInAnotherOrder() {
    int[] first = new SampleKey(3, 0, 0).epochOrder(50);
    int[] second = new SampleKey(3, 1, 0).epochOrder(50);
    assertFalse(Arrays.equals(first, second));
    assertArrayEquals(first, new SampleKey(3, 0, 9).epochOrder(50));
    assertEquals(50, Arrays.stream(first).distinct().filter(i -> i >= 0 && i < 50).count());
  }

  @Test
  void onlyAsManyAsAskedAreLoadedAhead() throws Exception {
    Numbers source = new Numbers();
    try (DataLoader<double[]> loader =
        new DataLoader<>(source, new SampleKey(1, 0, 0), PER_EPOCH, 2, 3)) {
      assertEquals(0, loader.next().key().index());
      Thread.sleep(50);
      assertTrue(source.loaded.get() <= 3, () -> source.loaded + " loaded");
    }
  }

  @Test
  void theFailingCaseIsNamedInItsTurnAndTheCauseKept() {
    IOException broken = new IOException("unexpected end of file");
    SampleSource<String> source =
        new SampleSource<>() {
          @Override
          public String load(SampleKey key) throws IOException {
            if (key.index() == 5) {
              throw broken;
            }
            return "ok";
          }

          @Override
          public String describe(SampleKey key) {
            return "hippocampus_00" + key.index();
          }
        };
    try (DataLoader<String> loader = new DataLoader<>(source, new SampleKey(1, 2, 0), 9, 3, 6)) {
      for (int i = 0; i < 5; i++) {
        assertEquals("ok", loader.next().value());
      }
      SampleException e = assertThrows(SampleException.class, loader::next);
      assertEquals(
          "Case 'hippocampus_005' could not be loaded (epoch 2, sample 5): unexpected end of file",
          e.getMessage());
      assertSame(broken, e.getCause());
      assertThrows(IllegalStateException.class, loader::next);
    }
  }

  @Test
  void interruptingTheWaitingThreadEndsTheLoader() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch started = new CountDownLatch(1);
    SampleSource<String> source =
        new SampleSource<>() {
          @Override
          public String load(SampleKey key) throws InterruptedException {
            started.countDown();
            never.await();
            return "";
          }

          @Override
          public String describe(SampleKey key) {
            return "x";
          }
        };
    AtomicInteger cancelled = new AtomicInteger();
    Thread t =
        new Thread(
            () -> {
              try (DataLoader<String> loader =
                  new DataLoader<>(source, new SampleKey(1, 0, 0), 9, 2, 4)) {
                assertThrows(CancellationException.class, loader::next);
                cancelled.set(Thread.currentThread().isInterrupted() ? 1 : 2);
              }
            });
    t.start();
    started.await();
    t.interrupt();
    t.join();
    assertEquals(1, cancelled.get());
  }

  @Test
  void impossibleSettingsAreRefused() {
    SampleKey start = new SampleKey(1, 0, 0);
    assertThrows(
        IllegalArgumentException.class, () -> new DataLoader<>(new Numbers(), start, 0, 1, 1));
    assertThrows(
        IllegalArgumentException.class, () -> new DataLoader<>(new Numbers(), start, 5, 0, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> new DataLoader<>(new Numbers(), new SampleKey(1, 0, 6), 5, 1, 1));
  }
}
