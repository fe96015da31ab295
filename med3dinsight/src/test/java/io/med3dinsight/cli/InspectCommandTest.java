package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.fuzz.Packing;
import io.med3dinsight.fuzz.TorchSeeds;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.volume.DicomFiles;
import io.med3dinsight.volume.JsonLines;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InspectCommandTest {
  @TempDir Path folder;

  private static Ended run(Object file, String... more) {
    String[] words =
        Stream.concat(Stream.of("inspect", file + ""), Arrays.stream(more)).toArray(String[]::new);
    return InProcess.run(InspectCommand.class, words);
  }

  private static JsonNode json(Object file, String... more) throws IOException {
    String[] words = Stream.concat(Arrays.stream(more), Stream.of("--json")).toArray(String[]::new);
    Ended ended = run(file, words);
    assertEquals(0, ended.code(), ended.err());
    return new ObjectMapper().readTree(ended.out());
  }

  private Path nifti(String name) throws IOException {
    for (JsonNode e : JsonLines.read(JsonLines.class, "nifti.jsonl")) {
      if (e.get("name").asText().equals(name)) {
        byte[] bytes = Base64.getDecoder().decode(e.get("bytes").asText());
        return Files.write(folder.resolve(name + e.get("suffix").asText()), bytes);
      }
    }
    throw new IOException("the fixture " + name + " is missing");
  }

  /** A line for each image of a folder, whatever else lies there, and why one was not read. */
  @Test
  void aFolderOfImagesIsListed() throws IOException {
    nifti("u4be");
    Files.createDirectory(folder.resolve("sub"));
    TinyModel.volume(3, 4, 5, 1).write(folder.resolve("sub/a.nii.gz"));
    Files.writeString(folder.resolve("sub/b.nii.gz"), "no image");
    Files.writeString(folder.resolve("notes.txt"), "no image");
    Ended ended = run(folder);
    assertEquals(0, ended.code(), ended.err());
    String[] lines = ended.out().split("\\R");
    assertEquals(3, lines.length, ended.out());
    assertTrue(lines[0].contains("NIfTI-1"), lines[0]);
    assertTrue(lines[1].matches("sub/a.nii.gz  NIfTI-1  5x4x3  .*  RAS  float32"), lines[1]);
    assertTrue(lines[2].matches("sub/b.nii.gz  NOT READ: .*"), lines[2]);
    JsonNode shown = json(folder);
    assertEquals(3, shown.get("images").size());
    assertEquals(5, shown.get("images").get(1).get("shape").get(0).asInt());
    Ended picture = run(folder, "--png", folder.resolve("x.png").toString());
    assertEquals(2, picture.code());
    assertTrue(picture.err().contains("name one of them"), picture.err());
  }

  /** As stored: nibabel's shape, voxel sizes, affine and type, before any turning. */
  @ParameterizedTest
  @ValueSource(strings = {"i2le", "u4be", "two_be", "slope_scaled", "form_q_half_turn1", "gzip"})
  void anImageIsShownAsNibabelReadsIt(String name) throws IOException {
    JsonNode shown = json(nifti(name));
    for (JsonNode e : JsonLines.read(JsonLines.class, "nifti.jsonl")) {
      if (e.get("name").asText().equals(name)) {
        assertEquals(e.get("shape"), shown.get("shape"));
        assertEquals(e.get("type"), shown.get("dtype"));
        double[] voxels = JsonLines.doubles(e.get("voxels"));
        assertEquals(Arrays.stream(voxels).min().getAsDouble(), shown.get("min").asDouble(), 1e-3);
        double max = Arrays.stream(voxels).max().getAsDouble();
        assertEquals(max, shown.get("max").asDouble(), 1e-6 * Math.max(1, Math.abs(max)));
        double mean = Arrays.stream(voxels).average().getAsDouble();
        assertEquals(mean, shown.get("mean").asDouble(), 1e-5 * Math.max(1, Math.abs(max)));
        for (int i = 0; i < 12; i++) {
          double a = shown.get("affine").get(i / 4).get(i % 4).asDouble();
          assertEquals(e.get("affine").get(i).asDouble(), a, 1e-4);
        }
        for (int axis = 0; axis < 3; axis++) {
          double spacing = e.get("spacing").get(axis).asDouble();
          assertEquals(spacing, shown.get("zooms").get(axis).asDouble(), 1e-4);
        }
      }
    }
  }

  @Test
  void aSeriesIsShownWithItsWarnings() throws IOException {
    for (int i : new int[] {0, 1, 2, 4}) {
      byte[] slice = DicomFiles.slice("1.2.3", i + 1, 0, 0, 2 * i).pixels(100 * i, 1);
      Files.write(folder.resolve("s" + i), slice);
    }
    JsonNode shown = json(folder);
    assertEquals("[3,2,5]", shown.get("shape").toString());
    // Interpolated slices are no whole numbers.
    assertEquals("float32", shown.get("dtype").asText());
    assertEquals(-1000, shown.get("min").asDouble());
    assertTrue(shown.get("warnings").get(0).asText().contains("missing"), shown.toString());
    assertTrue(run(folder).out().contains("1 of 5 slices are missing"));
  }

  @Test
  void theThreePlanesAreDrawn() throws IOException {
    Path image = folder.resolve("x.nii.gz");
    TinyModel.volume(12, 14, 16, 3).write(image);
    Path png = folder.resolve("x.png");
    assertEquals(0, run(image, "--png", png + "").code());
    BufferedImage picture = ImageIO.read(png.toFile());
    assertNotNull(picture);
    assertTrue(picture.getWidth() >= 12 + 14 && picture.getHeight() >= 12, "" + picture);
    long colours =
        Arrays.stream(
                picture.getRGB(
                    0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth()))
            .distinct()
            .count();
    assertTrue(colours > 20, colours + " colours");
  }

  private static void assertTensor(JsonNode shown, String name, String shape, String dtype) {
    for (JsonNode t : shown.get("tensors")) {
      if (t.get("name").asText().equals(name)) {
        assertEquals(shape, t.get("shape").toString());
        assertEquals(dtype, t.get("dtype").asText());
        return;
      }
    }
    throw new AssertionError(name + " is not in " + shown);
  }

  @Test
  void weightsAreListed() throws IOException {
    Path run = TinyModel.save(folder.resolve("run"));
    JsonNode own = json(run.resolve("model.safetensors"));
    assertTrue(own.get("tensors").size() > 4, own.toString());
    assertEquals(own.get("tensors"), json(run).get("tensors"));
    Path pth = folder.resolve("x.pth");
    Files.write(pth, TorchSeeds.resource("roundtrip.pth"));
    JsonNode shown = json(pth);
    assertEquals("PyTorch", shown.get("format").asText());
    assertTensor(shown, "conv.weight", "[3,2,3,2,1]", "F32");
    assertTensor(shown, "index", "[2,3]", "I64");
    assertTrue(run(pth).out().contains("conv.weight"));
    Files.write(pth, TorchSeeds.resource("hostile.pth"));
    Ended refused = run(pth);
    assertEquals(3, refused.code());
    assertEquals(1, refused.err().strip().lines().count(), refused.err());
    assertTrue(refused.err().contains("posix.system"), refused.err());
  }

  private static byte[] npy(String descr, String shape, int bytes) {
    String header =
        "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }\n";
    byte[] head =
        ("\u0093NUMPY\u0001\u0000" + (char) header.length() + "\u0000" + header)
            .getBytes(StandardCharsets.ISO_8859_1);
    return Arrays.copyOf(head, head.length + bytes);
  }

  @Test
  void arraysAreListedUnlessOneIsTheImage() throws IOException {
    Path file = folder.resolve("x.npz");
    byte[] image = npy("<f4", "2, 3, 4", 96);
    Files.write(
        file,
        Packing.zip(
            Map.of(
                "conv.weight.npy",
                image,
                "bias.npy",
                npy("<f8", "3", 24),
                "o.npy",
                npy("|O", "2", 9),
                "up.weight.npy",
                npy("<i8", "2, 2, 2", 64))));
    JsonNode shown = json(file);
    assertTensor(shown, "conv.weight", "[2,3,4]", "float32");
    assertTensor(shown, "bias", "[3]", "float64");
    assertTensor(shown, "o", "[2]", "O");
    assertEquals("[2,2,2]", json(file, "--array", "up.weight").get("shape").toString());
    Files.write(file, Packing.zip(Map.of("vol.npy", image, "names.npy", npy("|O", "2", 9))));
    assertEquals("[2,3,4]", json(file).get("shape").toString());
  }
}
