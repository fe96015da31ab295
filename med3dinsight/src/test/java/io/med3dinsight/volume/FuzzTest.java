package io.med3dinsight.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.DataException;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.nn.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every reader survives damaged files. */
class FuzzTest {
  @TempDir Path folder;

  private static void everything(Path file) {
    VolumeReader.info(file, ReadOptions.none());
    VolumeReader.statistics(file, ReadOptions.none());
    Volume volume = VolumeReader.volume(file, ReadOptions.none());
    Orientation.of(volume.grid()).code();
  }

  @Test
  void nifti() throws Exception {
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    for (JsonNode e : JsonLines.read(FuzzTest.class, "nifti.jsonl")) {
      String name = e.get("name").asText();
      if (name.matches("u1le|f8be|two_be|slope_scaled|extension|form_both|form_none|shape_7d")) {
        byte[] bytes = Base64.getDecoder().decode(e.get("bytes").asText());
        seeds.add(Fuzzer.Seed.plain(".nii", bytes));
        seeds.add(new Fuzzer.Seed(".nii.gz", bytes, Fuzzer::gzip));
      }
    }
    new Fuzzer(folder, DataException.class).run(seeds, FuzzTest::everything);
  }

  @Test
  void pairs() throws Exception {
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    for (JsonNode e : JsonLines.read(FuzzTest.class, "pairs.jsonl")) {
      for (String ending : List.of("hdr", "hdr.gz")) {
        if (e.get("files").has("x." + ending)) {
          String header = e.get("files").get("x." + ending).asText();
          seeds.add(Fuzzer.Seed.plain("." + ending, Base64.getDecoder().decode(header)));
        }
      }
    }
    for (String name : List.of("good", "fuzz")) {
      Files.write(folder.resolve(name + ".img"), new byte[1000]);
    }
    new Fuzzer(folder, DataException.class).run(seeds, FuzzTest::everything);
  }

  @Test
  void dicom() throws Exception {
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    for (JsonNode e : JsonLines.read(FuzzTest.class, "dicom.jsonl")) {
      byte[] bytes = null;
      if (e.has("bytes") && e.get("name").asText().startsWith("MR")) {
        bytes = Base64.getDecoder().decode(e.get("bytes").asText());
      } else if (!e.has("bytes") && !e.has("rejected")) {
        try (InputStream in = FuzzTest.class.getResourceAsStream(e.get("name").asText())) {
          bytes = in.readAllBytes();
        }
      }
      if (bytes != null) {
        seeds.add(Fuzzer.Seed.plain(".dcm", bytes));
      }
      if (e.get("name").asText().endsWith("MR_small_implicit.dcm")) {
        seeds.add(new Fuzzer.Seed(".zip", bytes, b -> Fuzzer.zip(Map.of("one", b))));
      }
    }
    new Fuzzer(folder, DataException.class).run(seeds, FuzzTest::everything);
  }

  private static byte[] joined(String text, byte[] data) {
    byte[] head = text.getBytes(StandardCharsets.ISO_8859_1);
    byte[] out = Arrays.copyOf(head, head.length + data.length);
    System.arraycopy(data, 0, out, head.length, data.length);
    return out;
  }

  @Test
  void nrrd() throws Exception {
    String head =
        "NRRD0004\n# comment\ntype: short\ndimension: 3\nsizes: 4 3 2\nspace: left-posterior-superior\n"
            + "space directions: (1,0,0) (0,1.5,0) (0,0.1,2)\nspace origin: (1,2,3)\nendian: little\n";
    byte[] data = new byte[48];
    byte[] text =
        "1 2 3 4 5 6 7 8 9 10 11 12 -1 -2 -3 -4 -5 -6 -7 -8 -9 10 11 12".getBytes("US-ASCII");
    Files.write(folder.resolve("x.raw"), data);
    List<Fuzzer.Seed> seeds =
        List.of(
            Fuzzer.Seed.plain(".nrrd", joined(head + "encoding: raw\n\n", data)),
            Fuzzer.Seed.plain(".nrrd", joined(head + "encoding: gzip\n\n", Fuzzer.gzip(data))),
            Fuzzer.Seed.plain(".nrrd", joined(head + "encoding: ascii\n\n", text)),
            Fuzzer.Seed.plain(
                ".nhdr", joined(head + "encoding: raw\ndata file: x.raw\n", new byte[0])),
            Fuzzer.Seed.plain(".nrrd", joined(head + "encoding: raw\nbyte skip: -1\n\n", data)));
    new Fuzzer(folder, DataException.class).run(seeds, FuzzTest::everything);
  }

  private static byte[] npy(String descr, boolean fortran, String shape, int bytes) {
    String header =
        "{'descr': '"
            + descr
            + "', 'fortran_order': "
            + (fortran ? "True" : "False")
            + ", 'shape': ("
            + shape
            + "), }";
    header = header + " ".repeat(117 - header.length()) + "\n";
    byte[] head = new byte[10];
    ByteBuffer.wrap(head)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(NpyHeader.MAGIC.getBytes(StandardCharsets.ISO_8859_1))
        .put((byte) 1)
        .put((byte) 0)
        .putShort((short) header.length());
    byte[] out = Arrays.copyOf(head, 10 + header.length() + bytes);
    System.arraycopy(header.getBytes(StandardCharsets.ISO_8859_1), 0, out, 10, header.length());
    return out;
  }

  @Test
  void numpy() throws Exception {
    byte[] small = npy("<f8", false, "4, 3, 2", 192);
    byte[] turned = npy(">i2", true, "4, 3, 2", 48);
    List<Fuzzer.Seed> seeds =
        List.of(
            Fuzzer.Seed.plain(".npy", small),
            Fuzzer.Seed.plain(".npy", turned),
            new Fuzzer.Seed(".npz", small, b -> Fuzzer.zip(Map.of("vol.npy", b))),
            new Fuzzer.Seed(".npz", turned, b -> Fuzzer.zip(Map.of("x.npy", b))));
    new Fuzzer(folder, DataException.class).run(seeds, FuzzTest::everything);
  }

  @Test
  void safetensors() throws Exception {
    Path good = folder.resolve("seed.safetensors");
    new SafetensorsWriter()
        .metadata("kind", "test")
        .tensor("first", Shape.of(2, 3), () -> new float[6])
        .tensor("second", Shape.of(4), () -> new float[4])
        .write(good);
    List<Fuzzer.Seed> seeds =
        List.of(Fuzzer.Seed.plain(".safetensors", Files.readAllBytes(good)), half());
    new Fuzzer(folder, CheckpointException.class)
        .run(
            seeds,
            file -> {
              try (SafetensorsFile f = SafetensorsFile.open(file)) {
                for (String name : f.names()) {
                  if (f.floating(name)) {
                    f.floats(name);
                  } else {
                    f.longs(name);
                  }
                }
              }
            });
  }

  private static Fuzzer.Seed half() throws IOException {
    String header = "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}";
    ByteBuffer b = ByteBuffer.allocate(12 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(header.length()).put(header.getBytes("US-ASCII"));
    return Fuzzer.Seed.plain(".safetensors", b.array());
  }
}
