package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.cuda.Cudnn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionFwdAlgo;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnDeterminism;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnStatus;

/** Asks cuDNN which algorithm to use. */
final class Algorithms {
  /** An algorithm, the arithmetic it was offered with and the scratch memory that it needs. */
  record Choice(int algorithm, int mathType, long workspaceBytes) {}

  private record Offer(int status, int algorithm, int mathType, int determinism, long memory) {}

  private Algorithms() {}

  /** The first offer that succeeded, fits and is as deterministic as asked; null when none is. */
  static Choice choose(
      JCudaDriver driver,
      cudnnHandle handle,
      JCudnnCalls.Descriptors d,
      Cudnn.Problem p,
      boolean deterministic,
      long workspaceBytes) {
    List<Offer> offers = new ArrayList<>();
    int status;
    try {
      status =
          driver.exclusively(
              () ->
                  switch (p.pass()) {
                    case FORWARD -> forward(handle, d, !deterministic, offers);
                    case DATA -> data(handle, d, !deterministic, offers);
                    case WEIGHTS -> weights(handle, d, !deterministic, offers);
                  });
    } catch (ArrayIndexOutOfBoundsException e) {
      // cuDNN refused and left the number of offers unset; JCudnn copies that many all the same.
      return null;
    }
    if (status != cudnnStatus.CUDNN_STATUS_SUCCESS) {
      return null;
    }
    for (Offer o : offers) {
      boolean sure = o.determinism == cudnnDeterminism.CUDNN_DETERMINISTIC;
      if (o.status == cudnnStatus.CUDNN_STATUS_SUCCESS
          && (sure || !deterministic)
          && o.memory <= workspaceBytes) {
        return new Choice(o.algorithm, o.mathType, o.memory);
      }
    }
    return null;
  }

  /** One of cuDNN's searches: fills {@code found} and says how many there are. */
  @FunctionalInterface
  private interface Search<P> {
    int run(int most, int[] count, P[] found);
  }

  /** Searches; JCudnn's three kinds of results have the same fields but no common type. */
  private static <P> int ask(
      P[] found, Supplier<P> empty, Search<P> search, Function<P, Offer> read, List<Offer> offers) {
    Arrays.setAll(found, i -> empty.get());
    int[] count = new int[1];
    int status = search.run(found.length, count, found);
    for (int i = 0; i < count[0]; i++) {
      offers.add(read.apply(found[i]));
    }
    return status;
  }

  private static int forward(
      cudnnHandle handle, JCudnnCalls.Descriptors d, boolean timed, List<Offer> offers) {
    return ask(
        new cudnnConvolutionFwdAlgoPerf
            [2 * cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_COUNT],
        cudnnConvolutionFwdAlgoPerf::new,
        (most, count, found) ->
            timed
                ? JCudnn.cudnnFindConvolutionForwardAlgorithm(
                    handle, d.x, d.w, d.convolution, d.y, most, count, found)
                : JCudnn.cudnnGetConvolutionForwardAlgorithm_v7(
                    handle, d.x, d.w, d.convolution, d.y, most, count, found),
        f -> new Offer(f.status, f.algo, f.mathType, f.determinism, f.memory),
        offers);
  }

  private static int data(
      cudnnHandle handle, JCudnnCalls.Descriptors d, boolean timed, List<Offer> offers) {
    return ask(
        new cudnnConvolutionBwdDataAlgoPerf
            [2 * cudnnConvolutionBwdDataAlgo.CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT],
        cudnnConvolutionBwdDataAlgoPerf::new,
        (most, count, found) ->
            timed
                ? JCudnn.cudnnFindConvolutionBackwardDataAlgorithm(
                    handle, d.w, d.y, d.convolution, d.x, most, count, found)
                : JCudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7(
                    handle, d.w, d.y, d.convolution, d.x, most, count, found),
        f -> new Offer(f.status, f.algo, f.mathType, f.determinism, f.memory),
        offers);
  }

  private static int weights(
      cudnnHandle handle, JCudnnCalls.Descriptors d, boolean timed, List<Offer> offers) {
    return ask(
        new cudnnConvolutionBwdFilterAlgoPerf
            [2 * cudnnConvolutionBwdFilterAlgo.CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT],
        cudnnConvolutionBwdFilterAlgoPerf::new,
        (most, count, found) ->
            timed
                ? JCudnn.cudnnFindConvolutionBackwardFilterAlgorithm(
                    handle, d.x, d.y, d.convolution, d.w, most, count, found)
                : JCudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                    handle, d.x, d.y, d.convolution, d.w, most, count, found),
        f -> new Offer(f.status, f.algo, f.mathType, f.determinism, f.memory),
        offers);
  }
}
