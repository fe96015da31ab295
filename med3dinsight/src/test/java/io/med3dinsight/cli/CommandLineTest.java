package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.cli.Programs.Ended;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Exit codes and messages of the program, each from a process of its own. */
class CommandLineTest {
  @ParameterizedTest
  @CsvSource({
    "usage, 2, The usage is wrong.",
    "data, 3, The data is wrong.",
    "checkpoint, 3, The checkpoint is wrong.",
    "device, 4, The device is wrong.",
    "disk, 3, Reading or writing failed: No space left on device.",
    "file, 3, Reading or writing failed: a.nii is not there."
  })
  void anExpectedFailureIsOneSentence(String way, int code, String sentence) throws IOException {
    Ended ended = Programs.run(ProbeProgram.class, "fail", way);
    assertEquals(code, ended.code());
    assertEquals(sentence, ended.err().strip());
  }

  @Test
  void debugAddsTheStackTrace() throws IOException {
    Ended ended = Programs.run(ProbeProgram.class, "fail", "--debug", "data");
    assertEquals(3, ended.code());
    assertTrue(ended.err().startsWith("The data is wrong."), ended.err());
    assertTrue(ended.err().contains("at io.med3dinsight.cli.ProbeProgram"), ended.err());
  }

  @Test
  void aFaultShowsWhereItHappened() throws IOException {
    Ended ended = Programs.run(ProbeProgram.class, "fail", "otherwise");
    assertEquals(1, ended.code());
    assertTrue(ended.err().contains("IllegalStateException: A fault."), ended.err());
  }

  @Test
  void memoryRunningOutSaysWhatToDo() throws IOException {
    Ended ended = Programs.run(ProbeProgram.class, "fail", "memory");
    assertEquals(4, ended.code());
    assertTrue(ended.err().matches("Memory ran out at \\d+ MiB: start with .*\\R"), ended.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--sede|Unknown option: '--sede'. See: med3dinsight --help",
        "doctr|Unmatched argument at index 0: 'doctr'; did you mean doctor or train? See: med3dinsight --help",
        "|A command is missing: expected one of fail, train, doctor. See: med3dinsight --help",
      })
  void aWrongWordIsAUsageError(String word, String line) throws IOException {
    String[] args = word == null ? new String[0] : new String[] {word};
    Ended ended = Programs.run(ProbeProgram.class, args);
    assertEquals(2, ended.code());
    assertEquals(line, ended.err().strip());
  }

  @Test
  void helpIsOnStandardOutput() throws IOException {
    Ended ended = Programs.run(Main.class, "--help");
    assertEquals(0, ended.code());
    assertTrue(ended.out().contains("doctor"), ended.out());
    assertEquals("", ended.err());
  }

  @Test
  void theDoctorReportsTheProcessThatComputes() throws IOException {
    Ended ended = Programs.run(Main.class, "doctor", "--json");
    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().contains("\"simd\" : \"Vector API"), ended.out());
    Ended here = Programs.run(Main.class, "-Dmed3dinsight.relaunch=false", "doctor");
    assertEquals(0, here.code(), here.err());
    assertTrue(here.out().contains("scalar loops"), here.out());
  }

  @Test
  void cudaAndUnknownDevicesAreRefused() throws IOException {
    // No machine has so many, with or without a driver.
    Ended cuda = Programs.run(ProbeProgram.class, "train", "--device", "cuda:999", ".", "true");
    assertEquals(4, cuda.code(), cuda.err());
    List<String> said = cuda.err().lines().filter(l -> !l.contains("incubator")).toList();
    assertEquals(1, said.size(), cuda.err());
    assertTrue(said.get(0).startsWith("Device 'cuda:999' cannot be used: "), said.get(0));
    assertTrue(said.get(0).endsWith(", or use --device cpu."), said.get(0));
    Ended other = Programs.run(ProbeProgram.class, "train", "--device", "tpu", ".", "true");
    assertEquals(2, other.code(), other.err());
    assertTrue(other.err().contains("--device"), other.err());
  }

  @Test
  void theDoctorSaysWhatThereIsOfCuda() throws IOException {
    Ended ended = Programs.run(Main.class, "-Dmed3dinsight.relaunch=false", "doctor", "--json");
    assertEquals(0, ended.code(), ended.err());
    for (String part :
        List.of("cudaDriver", "cudaDevices", "cudaNatives", "cublas", "cudnn", "cudaBackend")) {
      assertTrue(ended.out().contains("\"" + part + "\" : "), ended.out());
    }
    assertTrue(ended.out().contains("\"cudaNatives\" : \"JCuda 12.6.0"), ended.out());
  }
}
