package io.med3dinsight.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyTaskRunsOnce(int threads) {
    Parallel p = new Parallel(threads);
    for (int tasks : new int[] {0, 1, 2, 7, 1000}) {
      AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
      p.run(tasks, runs::incrementAndGet);
      for (int i = 0; i < tasks; i++) {
        assertEquals(1, runs.get(i));
      }
    }
  }

  /** Tasks within tasks, on the caller's thread and on the pool's. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void nested(int threads) {
    Parallel p = new Parallel(threads);
    AtomicInteger sum = new AtomicInteger();
    p.run(20, i -> p.run(20, sum::addAndGet));
    assertEquals(20 * 190, sum.get());
  }

  /** When a failure is reported, no task runs any more: its buffers may be freed. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void aFailureWaitsForTheOthers(int threads) {
    Parallel p = new Parallel(threads);
    AtomicInteger running = new AtomicInteger();
    for (int repeat = 0; repeat < 50; repeat++) {
      CountDownLatch together = new CountDownLatch(2);
      RuntimeException e =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  p.run(
                      100,
                      i -> {
                        running.incrementAndGet();
                        try {
                          work(i, together);
                        } finally {
                          running.decrementAndGet();
                        }
                      }));
      assertEquals("task 0", e.getMessage());
      assertEquals(0, running.get());
    }
  }

  private static void work(int i, CountDownLatch together) {
    try {
      if (i < 2) {
        // Both are under way when the first fails.
        together.countDown();
        together.await();
      }
      if (i == 0) {
        throw new IllegalArgumentException("task 0");
      }
      Thread.sleep(1);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
