package io.med3dinsight.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.DataException;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.TensorSource;
import io.med3dinsight.nn.checkpoint.Weights;
import io.med3dinsight.volume.JsonLines;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every reader survives damaged files; docs/results/fuzz.md says what came out of many. */
class FuzzTest {
  private static final String VOLUME = "/io/med3dinsight/volume/";

  @TempDir Path folder;

  private static void image(Path file, Steps steps) {
    ReadOptions all = ReadOptions.none();
    steps.step(() -> VolumeReader.info(file, all));
    steps.step(() -> VolumeReader.statistics(file, all));
    Volume[] volume = new Volume[1];
    steps.step(() -> volume[0] = VolumeReader.volume(file, all));
    Orientation.of(volume[0].grid()).code();
  }

  private static void weights(Path file, Steps steps) {
    TensorSource[] opened = new TensorSource[1];
    steps.step(() -> opened[0] = Weights.open(file));
    try (TensorSource f = opened[0]) {
      for (String name : f.names()) {
        steps.step(
            () -> {
              if (f.floating(name)) {
                f.floats(name);
              } else {
                f.longs(name);
              }
            });
      }
    }
  }

  private Fuzzer images(String name) {
    return new Fuzzer(name, folder, DataException.class);
  }

  private static byte[] bytes(JsonNode base64) {
    return Base64.getDecoder().decode(base64.asText());
  }

  @Test
  void nifti() throws Exception {
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    for (JsonNode e : JsonLines.read(FuzzTest.class, VOLUME + "nifti.jsonl")) {
      String name = e.get("name").asText();
      if (name.matches("u1le|f8be|two_be|slope_scaled|extension|form_both|form_none|shape_7d")) {
        byte[] bytes = bytes(e.get("bytes"));
        seeds.add(Fuzzer.Seed.plain(".nii", bytes, new NiftiDamage()));
        seeds.add(Fuzzer.Seed.gzipped(".nii.gz", bytes, new NiftiDamage()));
      }
    }
    images("nifti").run(seeds, FuzzTest::image);
  }

  @Test
  void pairs() throws Exception {
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    for (JsonNode e : JsonLines.read(FuzzTest.class, VOLUME + "pairs.jsonl")) {
      for (String ending : List.of("hdr", "hdr.gz")) {
        if (e.get("files").has("x." + ending)) {
          byte[] header = bytes(e.get("files").get("x." + ending));
          seeds.add(Fuzzer.Seed.plain("." + ending, header, new NiftiDamage()));
        }
      }
    }
    for (String name : List.of("good", "fuzz")) {
      Files.write(folder.resolve(name + ".img"), new byte[1000]);
    }
    images("nifti-pairs").run(seeds, FuzzTest::image);
  }

  @Test
  void dicom() throws Exception {
    images("dicom").run(DicomSeeds.all(), FuzzTest::image);
  }

  @Test
  void nrrd() throws Exception {
    String head =
        "NRRD0004\n# comment\ntype: short\ndimension: 3\nsizes: 4 3 2\nspace: left-posterior-superior\n"
            + "space directions: (1,0,0) (0,1.5,0) (0,0.1,2)\nspace origin: (1,2,3)\nendian: little\n";
    byte[] data = new byte[48];
    byte[] text =
        "1 2 3 4 5 6 7 8 9 10 11 12 -1 -2 -3 -4 -5 -6 -7 -8 -9 10 11 12"
            .getBytes(StandardCharsets.US_ASCII);
    Files.write(folder.resolve("x.raw"), data);
    Damage damage =
        new TextDamage(
            "[-+.\\w]+|[:()]",
            400,
            "raw",
            "gzip",
            "ascii",
            "bzip2",
            "none",
            "double",
            "uchar",
            "block",
            "big",
            "LIST",
            "x%03d.raw 1 3 1",
            "/etc/passwd",
            "../x.raw",
            "x.raw",
            ".",
            "data file",
            "byte skip",
            "line skip",
            "sizes",
            "space units",
            "spacings",
            ":=",
            "\n");
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    String raw = head + "encoding: raw\n";
    seeds.add(Fuzzer.Seed.plain(".nrrd", joined(raw + "\n", data), damage));
    seeds.add(Fuzzer.Seed.plain(".nrrd", joined(raw + "byte skip: -1\n\n", data), damage));
    seeds.add(Fuzzer.Seed.plain(".nhdr", joined(raw + "data file: x.raw\n", new byte[0]), damage));
    byte[] zipped = joined(head + "encoding: gzip\n\n", Packing.gzip(data));
    seeds.add(Fuzzer.Seed.plain(".nrrd", zipped, damage));
    byte[] frames =
        joined(
            head.replace("4 3 2", "2 4 3 1")
                    .replace("dimension: 3", "dimension: 4")
                    .replace("(1,0,0)", "none (1,0,0)")
                    .replace("sizes: 2 4 3 1", "sizes: 1 4 3 2")
                + "encoding: ascii\nspace units: \"mm\" \"mm\" \"um\"\n\n",
            text);
    seeds.add(Fuzzer.Seed.plain(".nrrd", frames, damage));
    images("nrrd").run(seeds, FuzzTest::image);
  }

  private static byte[] joined(String text, byte[] data) {
    byte[] head = text.getBytes(StandardCharsets.ISO_8859_1);
    return Damage.replaced(data, 0, 0, head);
  }

  private static byte[] npy(String descr, String order, String shape, int bytes) {
    String header =
        "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': (" + shape + "), }";
    header = header + " ".repeat(117 - header.length()) + "\n";
    return joined(
        "\u0093NUMPY\u0001\u0000" + (char) header.length() + "\u0000" + header, new byte[bytes]);
  }

  @Test
  void numpy() throws Exception {
    Damage damage =
        new TextDamage(
            "\\d+|'[^']*'|True|False|[(),{}:]",
            128,
            "'|O'",
            "'<c16'",
            "'<f2'",
            "'<U5'",
            "'|V8'",
            "'>f4'",
            "'|b1'",
            "'<f99999999999'",
            "[('a', '<f4')]",
            "True",
            "False",
            "()",
            "(0,)",
            "4, 3, 2",
            "24",
            "'descr'",
            "'shape'",
            "'fortran_order'");
    byte[] small = npy("<f8", "False", "4, 3, 2", 192);
    byte[] turned = npy(">i2", "True", "4, 3, 2", 48);
    byte[] frames = npy("|u1", "False", "2, 3, 4, 1", 24);
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    for (byte[] array : List.of(small, turned, frames)) {
      seeds.add(Fuzzer.Seed.plain(".npy", array, damage));
      seeds.add(
          new Fuzzer.Seed(
              ".npz", array, damage, b -> Packing.zip(Map.of("vol.npy", b)), new ZipDamage()));
    }
    seeds.add(
        new Fuzzer.Seed(
            ".npz",
            small,
            damage,
            b -> Packing.stored(Map.of("x.npy", b, "y.npy", npy("<i8", "False", "3", 24))),
            new ZipDamage()));
    images("numpy").run(seeds, FuzzTest::image);
  }

  @Test
  void safetensors() throws Exception {
    Damage damage =
        new TextDamage(
            "\\d+|\"[^\"]*\"|[\\[\\]{}:,]",
            700,
            "\"F64\"",
            "\"F32\"",
            "\"F16\"",
            "\"BF16\"",
            "\"I64\"",
            "\"U8\"",
            "\"BOOL\"",
            "\"F8_E4M3\"",
            "\"shape\"",
            "\"dtype\"",
            "\"a\\n\"",
            "\"\\u0000\"",
            "\"data_offsets\"",
            "\"__metadata__\"",
            "null",
            "[]",
            "{}",
            "[[",
            "{\"a\":",
            "model-1.safetensors",
            "\"../x\"",
            "\"/etc/passwd\"",
            "\"model-1.safetensors\"");
    String two =
        "{\"__metadata__\":{\"kind\":\"test\"},\"a\":{\"dtype\":\"F32\",\"shape\":[20,30],\"data_offsets\":[0,2400]},"
            + "\"b\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[2400,2416]},"
            + "\"c\":{\"dtype\":\"BF16\",\"shape\":[1,2,1],\"data_offsets\":[2416,2420]}}";
    String half = "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}";
    byte[] first = safetensors(two, 2420);
    Files.write(folder.resolve("model-1.safetensors"), first);
    Files.write(folder.resolve("model-2.safetensors"), safetensors(half.replace("a", "d"), 4));
    String index =
        "{\"metadata\":{\"total_size\":2424},\"weight_map\":{\"a\":\"model-1.safetensors\","
            + "\"b\":\"model-1.safetensors\",\"c\":\"model-1.safetensors\"}}";
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    seeds.add(Fuzzer.Seed.plain(".safetensors", first, damage));
    seeds.add(Fuzzer.Seed.plain(".safetensors", safetensors(half, 4), damage));
    // The header's length is made to fit afterwards.
    for (String header : List.of(two, half)) {
      byte[] json = header.getBytes(StandardCharsets.ISO_8859_1);
      int data = header.equals(two) ? 2420 : 4;
      seeds.add(
          new Fuzzer.Seed(
              ".safetensors",
              json,
              damage,
              b -> safetensors(new String(b, StandardCharsets.ISO_8859_1), data),
              damage));
    }
    seeds.add(Fuzzer.Seed.plain(".index.json", index.getBytes(StandardCharsets.US_ASCII), damage));
    new Fuzzer("safetensors", folder, CheckpointException.class).run(seeds, FuzzTest::weights);
  }

  private static byte[] safetensors(String header, int data) {
    byte[] length = new byte[8];
    byte[] json = header.getBytes(StandardCharsets.ISO_8859_1);
    Damage.put(length, 0, 8, json.length, false);
    byte[] out = Damage.replaced(length, 8, 8, json);
    return java.util.Arrays.copyOf(out, out.length + data);
  }

  @Test
  void pickle() throws Exception {
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    for (String name : List.of("zip.pth", "training.pth", "protocol4.pt", "roundtrip.pth")) {
      seeds.add(TorchSeeds.zip(TorchSeeds.resource(name)));
    }
    byte[] legacy = TorchSeeds.resource("legacy.bin");
    seeds.add(Fuzzer.Seed.plain(".bin", legacy, new PickleDamage()));
    new Fuzzer("pickle", folder, CheckpointException.class).run(seeds, FuzzTest::weights);
  }

  @Test
  void theSameSeedGivesTheSameFiles() throws IOException {
    byte[] seed = TorchSeeds.resource("legacy.bin");
    java.util.Random a = new java.util.Random(3);
    java.util.Random b = new java.util.Random(3);
    for (int i = 0; i < 100; i++) {
      org.junit.jupiter.api.Assertions.assertArrayEquals(
          new PickleDamage().apply(seed, a), new PickleDamage().apply(seed, b));
    }
  }
}
