/** Neural network modules, losses, optimisers, data loading and checkpoints. */
module io.med3dinsight.nn {
  requires transitive com.fasterxml.jackson.databind;
  requires transitive io.med3dinsight.engine;
  requires org.slf4j;

  exports io.med3dinsight.nn;
  exports io.med3dinsight.nn.block;
  exports io.med3dinsight.nn.checkpoint;
  exports io.med3dinsight.nn.data;
  exports io.med3dinsight.nn.layer;
  exports io.med3dinsight.nn.loss;
  exports io.med3dinsight.nn.optim;
}
