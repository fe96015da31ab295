package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Damaged files end in one sentence that names them, and cost no memory. */
class DamagedNiftiTest {
  /** Reading a file of a few kilobytes may allocate buffers, never what a header claims. */
  private static final long BOUND = 8L << 20;

  @TempDir Path folder;
  private byte[] plain;
  private byte[] zipped;

  @BeforeEach
  void writeGoodFile() throws IOException {
    Random random = new Random(5);
    float[] voxels = new float[9 * 8 * 7];
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = random.nextInt(1000);
    }
    Volume volume = Volume.of(Grid.of(7, 8, 9, new Spacing(1, 1.5, 2)), voxels);
    Path good = folder.resolve("good.nii");
    volume.write(good);
    plain = Files.readAllBytes(good);
    volume.write(folder.resolve("good.nii.gz"));
    zipped = Files.readAllBytes(folder.resolve("good.nii.gz"));
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private ByteBuffer header() {
    return ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void missingFileFolderAndEmptyFile() throws IOException {
    Path missing = folder.resolve("missing.nii.gz");
    Sentences.refused(() -> Volume.read(missing), missing.toString(), "does not exist");
    Sentences.refused(() -> Volume.read(folder), folder.toString(), "holds no image");
    Path empty = file("empty.nii", new byte[0]);
    Sentences.refused(() -> Volume.read(empty), empty.toString(), "0 bytes");
  }

  @Test
  void cutOffFilesSayHowFarTheyGo() throws IOException {
    Path cut = file("cut.nii", Arrays.copyOf(plain, 352 + 4 * 100));
    Sentences.refused(() -> Volume.read(cut), cut.toString(), "9x8x7", "752 bytes");
    Path cutHeader = file("header.nii", Arrays.copyOf(plain, 100));
    Sentences.refused(() -> Volume.read(cutHeader), cutHeader.toString(), "100 bytes", "header");
    Path cutZip = file("cut.nii.gz", Arrays.copyOf(zipped, zipped.length / 2));
    Sentences.refused(() -> Volume.read(cutZip), cutZip.toString(), "cut off");
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    try (OutputStream zip = new GZIPOutputStream(whole)) {
      zip.write(plain, 0, 352 + 4 * 100);
    }
    Path inner = file("inner.nii.gz", whole.toByteArray());
    Sentences.refused(() -> Volume.read(inner), inner.toString(), "9x8x7", "after 100");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 352, header length reads 352",
    "40, 0, claims 0 dimensions",
    "40, 8, claims 8 dimensions",
    "40, -3, claims -3 dimensions",
    "44, 0, claims an extent of 0 along axis 2",
    "46, -1, claims an extent of -1 along axis 3",
    "70, 128, RGB",
    "70, 32, complex",
    "70, 1536, float128",
    "70, 77, unknown",
    "344, 12345, magic"
  })
  void damagedHeaderFields(int at, short value, String words) throws IOException {
    header().putShort(at, value);
    Path bad = file("bad.nii", plain);
    Sentences.refused(() -> Volume.read(bad), bad.toString(), words);
  }

  @Test
  void aPairIsExplained() throws IOException {
    plain[345] = 'i';
    plain[344] = 'n';
    Path pair = file("pair.hdr", plain);
    Sentences.refused(() -> Volume.read(pair), pair.toString(), "pair.img is missing");
    Path alone = file("alone.nii", plain);
    Sentences.refused(() -> Volume.read(alone), alone.toString(), "header of a pair", "rename");
    Path gone = folder.resolve("gone.img.gz");
    Sentences.refused(() -> Volume.read(gone), "gone.hdr.gz does not exist");
  }

  @Test
  void framesAreExplained() throws IOException {
    header().putShort(40, (short) 4).putShort(48, (short) 2);
    Path claimed = file("claimed.nii", plain);
    Sentences.refused(() -> Volume.read(claimed), claimed.toString(), "claims 2 frames of 9x8x7");
    Path frames = file("frames.nii", Arrays.copyOf(plain, 2 * plain.length));
    Sentences.refused(
        () -> Volume.read(frames),
        frames.toString(),
        "2 frames",
        "9x8x7x2",
        "--frame",
        "extract one");
    ReadOptions third = ReadOptions.ofFrame(2);
    Sentences.refused(() -> VolumeReader.volume(frames, third), "has 2 frames", "no frame 2");
  }

  @Test
  void terabytesAreNeitherBelievedNorAllocated() throws IOException {
    for (int axis = 1; axis <= 3; axis++) {
      header().putShort(40 + 2 * axis, (short) 10_000);
    }
    Path claim = file("claim.nii", plain);
    assertBounded(
        () -> Sentences.refused(() -> Volume.read(claim), claim.toString(), "10000x10000x10000"));
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream zip = new GZIPOutputStream(packed)) {
      zip.write(plain);
    }
    Path claimZip = file("claim.nii.gz", packed.toByteArray());
    assertBounded(
        () -> Sentences.refused(() -> Volume.read(claimZip), "10000x10000x10000", "compressed"));
  }

  /** 100 MiB of zeros in a hundred kilobytes, behind a good image. */
  @Test
  void aBombIsNotUnpackedToTheEnd() throws IOException {
    Path bomb = folder.resolve("bomb.nii.gz");
    try (OutputStream zip = new GZIPOutputStream(Files.newOutputStream(bomb))) {
      zip.write(plain);
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 100; i++) {
        zip.write(zeros);
      }
    }
    assertBounded(() -> Sentences.refused(() -> Volume.read(bomb), bomb.toString(), "64 MiB"));
  }

  @Test
  void aClaimThatZeroesCouldFulfilGrowsWithWhatArrives() throws IOException {
    for (int axis = 1; axis <= 3; axis++) {
      header().putShort(40 + 2 * axis, (short) (axis == 1 ? 1000 : 100));
    }
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream zip = new GZIPOutputStream(packed)) {
      zip.write(plain);
      zip.write(
          new Random(1)
              .ints(20_000)
              .mapToObj(Integer::toString)
              .toList()
              .toString()
              .getBytes("US-ASCII"));
    }
    Path claim = file("claim.nii.gz", packed.toByteArray());
    assertBounded(() -> Sentences.refused(() -> Volume.read(claim), "1000x100x100", "after"));
  }

  /** Files that really are so long (with holes, so that the disk holds nothing). */
  @Test
  void imagesBeyondMemoryAreRefusedAtOnce() throws IOException {
    Path large = sparse("large.nii", 3000, 1000, 1000);
    assertBounded(
        () -> Sentences.refused(() -> Volume.read(large), "3000x1000x1000", "2147483639"));
    long slices = Runtime.getRuntime().maxMemory() / 4 / 1_000_000 + 1;
    assumeTrue(slices < 2147, "the heap is larger than the largest array");
    Path heap = sparse("heap.nii", 1000, 1000, (int) slices);
    assertBounded(() -> Sentences.refused(() -> Volume.read(heap), heap.toString(), "-Xmx"));
  }

  /** An image of zeros, one byte a voxel. */
  private Path sparse(String name, int... extents) throws IOException {
    for (int axis = 0; axis < 3; axis++) {
      header().putShort(42 + 2 * axis, (short) extents[axis]);
    }
    header().putShort(70, (short) VoxelType.UINT8.code());
    Path path = file(name, Arrays.copyOf(plain, 352));
    try (RandomAccessFile f = new RandomAccessFile(path.toFile(), "rw")) {
      f.setLength(352 + (long) extents[0] * extents[1] * extents[2]);
    }
    return path;
  }

  @Test
  void labelsAreWholeNumbers() throws IOException {
    header().putFloat(352 + 4 * 10, 1.5f);
    Path half = file("half.nii", plain);
    Sentences.refused(() -> LabelVolume.read(half), half.toString(), "1.5", "number 10");
    header().putFloat(352 + 4 * 10, Float.NaN);
    Path nan = file("nan.nii", plain);
    Sentences.refused(() -> LabelVolume.read(nan), nan.toString(), "NaN");
    header().putFloat(352 + 4 * 10, 3e9f);
    Path large = file("large.nii", plain);
    Sentences.refused(() -> LabelVolume.read(large), large.toString(), "3.0E9", "32 bits");
  }

  @Test
  void voxelsThatAreNoNumbersAreCountedAndPlaced() throws IOException {
    header().putFloat(352 + 4 * (9 * 8 * 2 + 9 * 3 + 4), Float.NaN);
    header().putFloat(352 + 4 * (9 * 8 * 6), Float.POSITIVE_INFINITY);
    Path bad = file("bad.nii", plain);
    Volume volume = Volume.read(bad);
    Sentences.refused(
        volume::requireFinite, bad.toString(), "2 voxels", "NaN", "voxel (4, 3, 2)", "replace");
  }

  @Test
  void nothingHalfWrittenAndClearNames() throws IOException {
    Volume volume = Volume.read(file("x.nii", plain));
    Path wrong = folder.resolve("out.mha");
    UsageException e = assertThrows(UsageException.class, () -> volume.write(wrong));
    assertTrue(e.getMessage().contains(wrong.toString()), e.getMessage());
    Path blocked = file("file", new byte[1]).resolve("out.nii");
    Sentences.refused(() -> volume.write(blocked), blocked.toString(), "cannot be written");
    Volume wide = Volume.of(Grid.of(1, 1, 40_000, new Spacing(1, 1, 1)), new float[40_000]);
    Path tooWide = folder.resolve("wide.nii");
    wide.write(tooWide);
    assertEquals("NIfTI-2", VolumeReader.info(tooWide, ReadOptions.none()).format());
    assertTrue(wide.grid().sameSpace(Volume.read(tooWide).grid(), 0));
    Path body = folder.resolve("body.txt");
    assertThrows(
        DataException.class,
        () ->
            AtomicFile.write(
                body,
                out -> {
                  out.write(1);
                  throw new IOException("disk full");
                }));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(
          0, left.filter(p -> p.getFileName().toString().matches(".*(body|tmp|out).*")).count());
    }
  }

  /** Whatever bytes are flipped or cut: a volume, or a sentence. */
  @Test
  void fuzzedFilesGiveAVolumeOrASentence() throws IOException {
    Random random = new Random(20250914);
    byte[] two = niftiTwo();
    int refused = 0;
    int read = 0;
    for (int round = 0; round < 2000; round++) {
      byte[] bytes = (round % 4 == 3 ? zipped : round % 4 == 2 ? two : plain).clone();
      int flips = random.nextInt(6);
      for (int i = 0; i < flips; i++) {
        // Mostly the header, where a byte matters most.
        int at =
            random.nextInt(random.nextInt(3) == 0 ? bytes.length : Math.min(544, bytes.length));
        bytes[at] = (byte) random.nextInt(256);
      }
      if (random.nextInt(4) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      Path file = file(round % 2 == 0 ? "fuzz.nii" : "fuzz.nii.gz", bytes);
      long before = allocated();
      try {
        Volume volume = round % 8 < 4 ? Volume.read(file) : null;
        if (volume == null) {
          LabelVolume.read(file);
        } else {
          Orientation.of(volume.grid()).toRas(volume);
        }
        read++;
      } catch (DataException e) {
        refused++;
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        assertTrue(e.getMessage().endsWith("."), e.getMessage());
      } catch (RuntimeException | OutOfMemoryError e) {
        fail("round " + round, e);
      }
      long used = allocated() - before;
      assertTrue(used < BOUND, "round " + round + " allocated " + used + " bytes");
    }
    assertTrue(refused > 300 && read > 300, refused + " refused, " + read + " read");
  }

  private static byte[] niftiTwo() throws IOException {
    for (JsonNode entry : JsonLines.read(DamagedNiftiTest.class, "nifti.jsonl")) {
      if (entry.get("name").asText().equals("two_be")) {
        return Base64.getDecoder().decode(entry.get("bytes").asText());
      }
    }
    throw new IOException("the fixture two_be is missing");
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  private static void assertBounded(Runnable action) {
    long before = allocated();
    action.run();
    long used = allocated() - before;
    assertTrue(used < BOUND, used + " bytes were allocated");
  }
}
