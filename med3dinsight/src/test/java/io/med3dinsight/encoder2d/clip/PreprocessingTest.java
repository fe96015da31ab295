package io.med3dinsight.encoder2d.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.Slice;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Resizing and cropping against Pillow, to the bit (oracle/clip.py). */
class PreprocessingTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final float[] NONE = {0, 0, 0};
  private static final float[] ONE = {1, 1, 1};

  @Test
  void picturesAreResizedAndCroppedAsPillowDoes() throws IOException {
    int compared = 0;
    for (JsonNode row : Fixtures.json("pictures.json.gz")) {
      int h = row.path("height").asInt();
      int w = row.path("width").asInt();
      int[] pixels = JSON.treeToValue(row.get("pixels"), int[].class);
      int[] expected = JSON.treeToValue(row.get("resized"), int[].class);
      int[] found = new Preprocessing(row.path("size").asInt(), NONE, ONE).resized(pixels, h, w);
      assertArrayEquals(expected, found, h + " x " + w);
      compared++;
    }
    assertEquals(12, compared);
  }

  @Test
  void aSliceIsShownAsARadiologistSeesIt() {
    // Bright where rows and columns end: anterior right.
    float[] p = {0, 0, 0, 0, 0, 0, 0, 0, 9};
    IntensityScale scale = new IntensityScale(0, 0, 1, 5, 9);
    Slice s = new Slice(Plane.AXIAL, 0, 1, 3, 3, p, 1, 1, scale);
    float[] v = new Preprocessing(3, NONE, ONE).of(s);
    assertEquals(1f, v[0], "anterior right is at the top left");
    assertEquals(0f, v[8]);
    assertEquals(v[0], v[9], "grey: all channels alike");
    assertEquals(v[0], v[18]);
  }

  @Test
  void pixelsBecomeSquare() {
    float[] p = new float[4 * 8];
    for (int i = 0; i < p.length; i++) {
      p[i] = i / 8 < 2 ? 0 : 1;
    }
    IntensityScale scale = new IntensityScale(0, 0, 0, 1, 1);
    Slice thick = new Slice(Plane.CORONAL, 0, 1, 4, 8, p, 2, 1, scale);
    float[] v = new Preprocessing(8, NONE, ONE).of(thick);
    // 4 rows of 2 mm and 8 columns of 1 mm make a square picture: nothing is cut off.
    assertEquals(1f, v[0]);
    assertEquals(1f, v[2 * 8 + 3], 0.05f);
    assertEquals(0f, v[5 * 8 + 3], 0.05f);
    assertEquals(0f, v[63]);
  }
}
