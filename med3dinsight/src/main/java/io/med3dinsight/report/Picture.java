package io.med3dinsight.report;

import java.nio.file.Path;

/**
 * A picture of one case that is already on the disk.
 *
 * @param caseId the case, as the evaluation names it
 * @param file PNG, as {@link Overlay} writes it
 */
public record Picture(String caseId, Path file) {}
