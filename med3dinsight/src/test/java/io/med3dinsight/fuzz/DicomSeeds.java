package io.med3dinsight.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.volume.DicomFiles;
import io.med3dinsight.volume.JsonLines;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** DICOM files to be damaged: every transfer syntax, frames, a series in a zip. */
final class DicomSeeds {
  private static final String VOLUME = "/io/med3dinsight/volume/";

  private DicomSeeds() {}

  static List<Fuzzer.Seed> all() throws IOException {
    List<Fuzzer.Seed> seeds = new ArrayList<>();
    DicomDamage damage = new DicomDamage();
    for (JsonNode e : JsonLines.read(DicomSeeds.class, VOLUME + "dicom.jsonl")) {
      String name = e.get("name").asText();
      byte[] bytes = null;
      if (e.has("bytes") && name.startsWith("MR")) {
        bytes = Base64.getDecoder().decode(e.get("bytes").asText());
      } else if (!e.has("bytes") && !e.has("rejected")) {
        try (InputStream in = DicomSeeds.class.getResourceAsStream(VOLUME + name)) {
          bytes = in.readAllBytes();
        }
      }
      if (bytes != null) {
        seeds.add(Fuzzer.Seed.plain(".dcm", bytes, damage));
      }
    }
    seeds.add(Fuzzer.Seed.plain(".dcm", enhanced(), damage));
    seeds.add(Fuzzer.Seed.plain(".dcm", runLengths(), damage));
    Map<String, byte[]> others = new LinkedHashMap<>();
    for (int i = 1; i <= 4; i++) {
      others.put("d/" + i, DicomFiles.slice("1.2.3", i, 0, 0, 5 * i).pixels(10 * i, 1));
    }
    seeds.add(
        new Fuzzer.Seed(
            ".zip",
            DicomFiles.slice("1.2.3", 9, 0, 0, 25).pixels(0, 1),
            damage,
            b -> {
              Map<String, byte[]> entries = new LinkedHashMap<>(others);
              entries.put("d/5", b);
              return Packing.zip(entries);
            },
            new ZipDamage()));
    return seeds;
  }

  /** Three frames with their functional groups. */
  static byte[] enhanced() {
    DicomFiles[] frames = new DicomFiles[3];
    for (int i = 0; i < 3; i++) {
      DicomFiles place = DicomFiles.item().text(0x00200032, "DS", "1\\2\\" + (30 - 10 * i));
      frames[i] = DicomFiles.item().sequence(0x00209113, place);
    }
    DicomFiles shared =
        DicomFiles.item()
            .sequence(0x00209116, DicomFiles.item().text(0x00200037, "DS", "1\\0\\0\\0\\1\\0"))
            .sequence(0x00289110, DicomFiles.item().text(0x00280030, "DS", "3\\4"));
    return DicomFiles.file("1.2.840.10008.1.2.1")
        .text(0x00280008, "IS", "3")
        .sequence(0x52009229, shared)
        .sequence(0x52009230, frames)
        .text(0x3004000c, "DS", "0\\5\\10")
        .pixels(0, 3);
  }

  /** Two frames in run lengths, each in one piece. */
  static byte[] runLengths() {
    byte[][] parts = new byte[2][66 + 8];
    for (byte[] rle : parts) {
      Damage.put(rle, 0, 4, 2, false);
      Damage.put(rle, 4, 4, 64, false);
      Damage.put(rle, 8, 4, 66, false);
      rle[64] = -5;
      rle[66] = 5;
    }
    byte[] table = new byte[8];
    Damage.put(table, 4, 4, 82, false);
    return DicomFiles.file("1.2.840.10008.1.2.5")
        .text(0x00200032, "DS", "0\\0\\0")
        .text(0x00200037, "DS", "1\\0\\0\\0\\1\\0")
        .text(0x00280008, "IS", "2")
        .format()
        .encapsulated(table, parts)
        .bytes();
  }
}
