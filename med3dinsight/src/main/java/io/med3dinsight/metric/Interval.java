package io.med3dinsight.metric;

/**
 * Where a statistic lies with a stated probability.
 *
 * @param low lower end
 * @param high upper end
 */
public record Interval(double low, double high) {}
