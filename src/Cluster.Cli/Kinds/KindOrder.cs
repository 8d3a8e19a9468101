namespace Cluster.Cli.Kinds;

/// <summary>The place of a kind in the output of util-linux, whose tools do not agree on one order.</summary>
/// <param name="Shown">In ipcs and lsipc.</param>
/// <param name="Made">In ipcmk.</param>
/// <param name="Removed">In ipcrm.</param>
internal readonly record struct KindOrder(int Shown, int Made, int Removed);
