package io.med3dinsight.kernels.ptx;

import java.util.List;

/**
 * A kernel or device function as parsed.
 *
 * @param maxThreads of .maxntid or .reqntid, 0 when not given
 */
record Function(
    String name,
    boolean entry,
    List<Variable> results,
    List<Variable> parameters,
    List<Statement> body,
    int maxThreads,
    int line) {}
