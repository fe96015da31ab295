package io.med3dinsight.caption.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.caption.Modality;
import io.med3dinsight.caption.chat.FakeChatServer.Received;
import io.med3dinsight.hash.Sha256;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.DicomFiles;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nothing that tells who the patient is leaves, wherever it stands. */
@Timeout(60)
class PrivacyTest {
  private static final List<String> TELLING =
      List.of("MUSTERMANN", "ERIKA", "19640812", "MRN4711", "Charite", "4711");

  @TempDir private Path folder;

  private Path nifti() throws IOException {
    Path plain = Scans.write(folder.resolve("MUSTERMANN_ERIKA_19640812/MRN4711.nii"));
    byte[] bytes = Files.readAllBytes(plain);
    // NIfTI-1: descrip, aux_file, intent_name, db_name.
    put(bytes, 148, "MUSTERMANN^ERIKA 19640812 MRN4711 Charite");
    put(bytes, 228, "MRN4711");
    put(bytes, 328, "ERIKA");
    put(bytes, 14, "MUSTERMANN");
    return Files.write(plain, bytes);
  }

  private static void put(byte[] bytes, int at, String text) {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, bytes, at, ascii.length);
  }

  private Path dicom() throws IOException {
    Path series = Files.createDirectories(folder.resolve("MUSTERMANN/MRN4711"));
    for (int i = 0; i < 3; i++) {
      byte[] file =
          DicomFiles.slice("1.2.4711.1", i + 1, 0, 0, 2 * i)
              .text(0x00080080, "LO", "Charite")
              .text(0x00081030, "LO", "Study of MUSTERMANN")
              .text(0x00100010, "PN", "MUSTERMANN^ERIKA")
              .text(0x00100020, "LO", "MRN4711")
              .text(0x00100030, "DA", "19640812")
              .pixels(10 * i, 1);
      Files.write(series.resolve("MUSTERMANN_" + i + ".dcm"), file);
    }
    return series;
  }

  private List<Received> sent(Path input) throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm())) {
      CaptionSettings settings =
          Scans.settings(server.url(), folder.resolve("MRN4711-out/4711.jsonl"), 2);
      CaptionSummary s =
          new Captioner(settings).run(Scans.sources(input), Progress.NONE, () -> false);
      assertTrue(s.written() >= 4, s.toString());
      assertEquals(server.received().size(), s.written());
      return server.received();
    }
  }

  /** In what is sent as it stands, and within the pictures. */
  private static void assertTellsNothing(List<Received> requests) throws IOException {
    for (Received r : requests) {
      for (String word : TELLING) {
        // The picture's base64 is compared unpacked, since its letters may spell anything.
        String said = r.text().replace(r.picture(), "");
        assertFalse(
            said.toUpperCase(Locale.ROOT).contains(word.toUpperCase(Locale.ROOT)),
            word + " in " + said);
      }
      byte[] png = Base64.getDecoder().decode(r.picture().split(",", 2)[1]);
      assertEquals(Set.of("IHDR", "IDAT", "IEND"), chunks(png));
      assertOnlyExpectedFields(r);
    }
  }

  private static void assertOnlyExpectedFields(Received r) {
    JsonNode body = r.json();
    Set<String> fields = new HashSet<>();
    body.fieldNames().forEachRemaining(fields::add);
    assertEquals(Set.of("model", "messages", "max_tokens", "temperature"), fields);
    assertEquals(2, body.path("messages").size());
    assertEquals(2, body.at("/messages/1/content").size());
    Set<String> headers = new HashSet<>(r.headers().keySet());
    headers.removeAll(
        Set.of("Accept", "Content-type", "Content-length", "Host", "User-agent", "Connection"));
    assertEquals(Set.of(), headers);
  }

  /** Names of a PNG's chunks, with their checksums checked; all pixels must unpack. */
  static Set<String> chunks(byte[] png) throws IOException {
    Set<String> names = new HashSet<>();
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(png));
    in.skipBytes(8);
    while (in.available() > 0) {
      byte[] data = new byte[in.readInt() + 4];
      in.readFully(data);
      CRC32 crc = new CRC32();
      crc.update(data);
      assertEquals((int) crc.getValue(), in.readInt());
      String name = new String(data, 0, 4, StandardCharsets.US_ASCII);
      names.add(name);
      if (name.equals("IDAT")) {
        pixels.write(data, 4, data.length - 4);
      }
    }
    try (var unpacked = new InflaterInputStream(new ByteArrayInputStream(pixels.toByteArray()))) {
      assertTrue(unpacked.readAllBytes().length > 0);
    }
    return names;
  }

  @Test
  void namesOfFilesAndNiftiHeadersStay() throws IOException {
    Path file = nifti();
    assertTellsNothing(sent(file));
    // The user still finds the volume.
    String log = Files.readString(folder.resolve("MRN4711-out/4711.log.jsonl"));
    assertTrue(log.contains("\"local\":{\"volume\":\"MRN4711\""), log);
  }

  @Test
  void dicomHeadersStay() throws IOException {
    assertTellsNothing(sent(dicom()));
  }

  @Test
  void cachedAnswersNameNoVolume() throws IOException {
    sent(nifti());
    List<Path> files;
    try (var walk = Files.walk(folder.resolve("MRN4711-out/4711.cache"))) {
      files = new ArrayList<>(walk.filter(Files::isRegularFile).toList());
    }
    assertEquals(6, files.size());
    for (Path f : files) {
      assertFalse(Files.readString(f).contains("4711"), f.toString());
    }
  }

  /** A modality is free text in a data set, and could be anything. */
  @Test
  void onlyKnownModalitiesAreSent() {
    for (Modality m : Modality.values()) {
      assertEquals(m, Modality.parse(m.key(), "test"));
    }
    assertEquals(Modality.MRI_T1, Modality.parse(" T1w ", "test"));
    assertEquals(Modality.MRI_FLAIR, Modality.parse("FLAIR", "test"));
    assertEquals(Modality.MRI, Modality.parse("MR", "test"));
    assertEquals(Modality.CT, Modality.parse("CT", "test"));
    for (String other : List.of("MRI of Mustermann", "CT 4711", "unknown", "", "noNorm")) {
      String said =
          assertThrows(UsageException.class, () -> Modality.parse(other, "dataset.json"))
              .getMessage();
      assertTrue(said.startsWith("dataset.json") && said.contains("--modality"), said);
    }
  }

  /** What a slice's request says depends on plane, modality and pixels alone. */
  @Test
  void twoPatientsWithOnePictureAreOneRequest() throws IOException {
    Path a = Scans.write(folder.resolve("x/same.nii"));
    Path b = Files.copy(a, folder.resolve("x/MUSTERMANN.nii"));
    CaptionSettings s = Scans.settings("http://localhost:1", folder.resolve("o.jsonl"), 1);
    assertEquals(bodies(s, a), bodies(s, b));
  }

  private static List<String> bodies(CaptionSettings settings, Path file) {
    CaptionSource source = Scans.sources(file).get(0);
    SliceJobs jobs = new SliceJobs(settings, source, source.read());
    return jobs.places().stream().map(p -> Sha256.hex(jobs.job(p).request().body())).toList();
  }
}
