package io.med3dinsight.transport;

/** Which wrong partners a triplet loss counts. */
public enum TripletNegatives {
  /** All of them, in the mean. */
  ALL,
  /** The nearest one only. */
  HARD
}
