package io.med3dinsight.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.Med3DInsight;
import io.med3dinsight.volume.DicomFiles;
import io.med3dinsight.volume.JsonLines;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.SharedData;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Iterator;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A prediction lies where its image lies, with its header, whatever the image came as. */
class PredictionGridTest {
  @TempDir Path folder;

  /** Segments, writes and reads again. */
  private void check(Path image, boolean header) throws IOException {
    Path out = folder.resolve("out.nii.gz");
    Volume volume = Volume.read(image);
    try (Med3DInsight model = Med3DInsight.load(TinyModel.save(folder.resolve("run")))) {
      LabelVolume labels = model.segment(volume);
      labels.write(out);
      LabelVolume written = LabelVolume.read(out);
      assertArrayEquals(labels.labels(), written.labels());
      assertTrue(volume.grid().sameSpace(written.grid(), header ? 0 : 1e-4), image.toString());
      if (header) {
        assertEquals(volume.grid(), written.grid());
        Map<String, Object> before = VolumeReader.info(image, ReadOptions.none()).details();
        Map<String, Object> after = VolumeReader.info(out, ReadOptions.none()).details();
        for (String field : new String[] {"sformCode", "qformCode", "units", "extensions"}) {
          assertEquals(before.get(field), after.get(field), field);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "u1le",
        "f8be",
        "two_be",
        "slope_scaled",
        "extension",
        "form_both",
        "form_none",
        "form_q_half_turn1",
        "form_s1",
        "gzip_be"
      })
  void niftiHeadersAreKept(String name) throws IOException {
    for (JsonNode e : JsonLines.read(JsonLines.class, "nifti.jsonl")) {
      if (e.get("name").asText().equals(name)) {
        Path image = folder.resolve("image" + e.get("suffix").asText());
        check(Files.write(image, Base64.getDecoder().decode(e.get("bytes").asText())), true);
        return;
      }
    }
    throw new IOException("the fixture " + name + " is missing");
  }

  @Test
  void pairsAreKept() throws IOException {
    int count = 0;
    for (JsonNode e : JsonLines.read(JsonLines.class, "pairs.jsonl")) {
      if (e.get("shape").size() > 3) {
        continue;
      }
      Path place = Files.createDirectory(folder.resolve("pair" + count++));
      Path header = null;
      for (Iterator<Map.Entry<String, JsonNode>> i = e.get("files").fields(); i.hasNext(); ) {
        Map.Entry<String, JsonNode> f = i.next();
        Path file = place.resolve(f.getKey());
        Files.write(file, Base64.getDecoder().decode(f.getValue().asText()));
        header = f.getKey().startsWith("x.hdr") ? file : header;
      }
      boolean nifti = VolumeReader.info(header, ReadOptions.none()).format().startsWith("NIfTI");
      check(header, nifti);
    }
    assertTrue(count > 3, count + " pairs");
  }

  @Test
  void otherFormatsComeBackOnTheirGrid() throws IOException {
    Path series = Files.createDirectory(folder.resolve("series"));
    for (int i = 1; i <= 4; i++) {
      byte[] slice = DicomFiles.slice("1.2.3", i, 1.5 * i, -20, 3 * i).pixels(100 * i, 1);
      Files.write(series.resolve("s" + i), slice);
    }
    check(series, false);
    String nrrd =
        "NRRD0005\ntype: uchar\ndimension: 3\nsizes: 3 2 2\nspace: left-posterior-superior\n"
            + "space directions: (0.5,0,0) (0,0,2) (0,-3,0)\nspace origin: (10,20,30)\n"
            + "encoding: ascii\n\n1 2 3 4 5 6 7 8 9 10 11 12\n";
    check(Files.writeString(folder.resolve("x.nrrd"), nrrd), false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "totalsegmentator/example_ct_sm.nii.gz",
        "totalsegmentator/example_ct_dicom_j2k",
        "sts/STS_002/PET_mask.nii.gz",
        "spinalcord/t2.nii.gz",
        "spleen2/sub-spleen2_ct_seg-manual.nii.gz",
        "conformance/nifti-reader-js/avg152T1_LR_nifti2.nii.gz",
        "conformance/pydicom/MR_small_RLE.dcm"
      })
  void realScans(String name) throws IOException {
    Path image = SharedData.find(name);
    assumeTrue(image != null, name + " is not in this checkout");
    Volume volume = Volume.read(image);
    assumeTrue(volume.grid().size() < 3_000_000, name + " is too large for a test");
    check(image, name.endsWith(".nii.gz"));
  }
}
