package io.med3dinsight.nn.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ScheduleTest {
  @Test
  void polyFallsToZeroWithExponentNineTenths() {
    Schedule s = Schedule.poly(0.01, 1000);
    assertEquals(0.01, s.at(0));
    assertEquals(0.01 * Math.pow(0.5, 0.9), s.at(500), 1e-12);
    assertEquals(0, s.at(1000));
    assertEquals(0, s.at(5000));
  }

  @Test
  void cosineWarmsUpLinearlyAndEndsAtTheFloor() {
    Schedule s = Schedule.cosine(1, 4, 14, 0.1);
    assertEquals(0.25, s.at(0));
    assertEquals(1, s.at(3));
    assertEquals(1, s.at(4));
    assertEquals(0.55, s.at(9), 1e-12);
    assertEquals(0.1, s.at(14), 1e-12);
    assertEquals(0.1, s.at(99), 1e-12);
    assertEquals(1, Schedule.cosine(1, 0, 10, 0).at(0));
  }

  @Test
  void impossibleStepsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Schedule.poly(1, 0));
    assertThrows(IllegalArgumentException.class, () -> Schedule.cosine(1, 11, 10, 0));
  }
}
