package io.med3dinsight.slice;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.slice.SliceChoice.Place;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How the slices of a volume are chosen. */
public interface SliceRule {
  /** CT: more than this many HU is patient, table or clothing; less is air. */
  float CT_FOREGROUND = -500;

  /**
   * The slices of one volume, distinct.
   *
   * @param voxels intensities [D,H,W] in RAS orientation
   * @param extents D, H, W
   * @param scale percentiles of the voxels
   * @param ct whether intensities are HU
   * @param name the volume, for messages
   * @throws DataException for a slice that the volume does not have
   */
  List<Place> places(float[] voxels, int[] extents, IntensityScale scale, boolean ct, String name);

  /** The most slices of one volume. */
  int most();

  /** Evenly spaced slices; see {@link SliceChoice#even(int[], int, Set)}. */
  static SliceRule even(int perPlane, Set<Plane> planes) {
    return new PerPlane(perPlane, planes, false);
  }

  /**
   * Slices where the patient is; see {@link SliceChoice#foreground}. Foreground is what is above
   * {@value #CT_FOREGROUND} HU in CT, and above Otsu's threshold otherwise.
   */
  static SliceRule foreground(int perPlane, Set<Plane> planes) {
    return new PerPlane(perPlane, planes, true);
  }

  /**
   * Listed slices.
   *
   * @param lists such as {@code axial:10,20,50%}: numbers from 0 of the volume in RAS orientation,
   *     or percent of the way from the first slice to the last
   * @throws UsageException for anything else
   */
  static SliceRule listed(List<String> lists) {
    List<Listed.Item> items = new ArrayList<>();
    lists.forEach(list -> items.addAll(Listed.parse(list)));
    return new Listed(items);
  }

  /** The planes of a list such as {@code axial,coronal}. */
  static Set<Plane> planes(String list) {
    Set<Plane> planes = EnumSet.noneOf(Plane.class);
    for (String name : list.split(",", -1)) {
      planes.add(Listed.plane(name.strip()));
    }
    return planes;
  }

  /** So many slices of each plane. */
  record PerPlane(int most, Set<Plane> planes, boolean foreground) implements SliceRule {
    public PerPlane(int most, Set<Plane> planes, boolean foreground) {
      if (most < 1) {
        throw new UsageException("There are " + most + " slices per plane: expected at least 1.");
      }
      this.most = most * planes.size();
      this.planes = EnumSet.copyOf(planes);
      this.foreground = foreground;
    }

    @Override
    public List<Place> places(
        float[] voxels, int[] extents, IntensityScale scale, boolean ct, String name) {
      int each = most / planes.size();
      if (!foreground) {
        return SliceChoice.even(extents, each, planes);
      }
      float threshold = ct ? CT_FOREGROUND : Foreground.threshold(voxels, scale);
      return SliceChoice.foreground(voxels, extents, threshold, each, planes);
    }
  }

  /** Slices by number or percent. */
  record Listed(List<Item> items) implements SliceRule {
    private static final Pattern LIST = Pattern.compile("(\\w+):(\\d{1,6}%?(,\\d{1,6}%?)*)");

    /** One slice of each volume. */
    record Item(Plane plane, int number, boolean percent) {}

    static List<Item> parse(String list) {
      Matcher m = LIST.matcher(list.strip());
      if (!m.matches()) {
        throw new UsageException(
            "The slices '"
                + list
                + "' cannot be understood: expected a plane with numbers or percents, such as"
                + " axial:10,20,50%.");
      }
      List<Item> items = new ArrayList<>();
      for (String number : m.group(2).split(",", -1)) {
        boolean percent = number.endsWith("%");
        int value = Integer.parseInt(percent ? number.substring(0, number.length() - 1) : number);
        if (percent && value > 100) {
          throw new UsageException("The slice " + number + " lies beyond 100%.");
        }
        items.add(new Item(plane(m.group(1)), value, percent));
      }
      return items;
    }

    static Plane plane(String name) {
      for (Plane p : Plane.values()) {
        if (p.label().equals(name.toLowerCase(Locale.ROOT))) {
          return p;
        }
      }
      throw new UsageException(
          "There is no plane '" + name + "': expected axial, coronal or sagittal.");
    }

    @Override
    public int most() {
      return items.size();
    }

    @Override
    public List<Place> places(
        float[] voxels, int[] extents, IntensityScale scale, boolean ct, String name) {
      Set<Place> places = new LinkedHashSet<>();
      for (Item item : items) {
        int count = extents[item.plane.axis()];
        int index = item.percent ? (int) Math.rint(item.number / 100.0 * (count - 1)) : item.number;
        if (index >= count) {
          throw new DataException(
              name
                  + " has "
                  + item.plane.label()
                  + " slices 0 to "
                  + (count - 1)
                  + ", so that there is no slice "
                  + index
                  + "; list others, or percents.");
        }
        places.add(new Place(item.plane, index));
      }
      return List.copyOf(places);
    }
  }
}
