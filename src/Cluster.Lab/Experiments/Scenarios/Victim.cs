using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>Who is hurt.</summary>
internal static class Victim
{
    /// <summary>Even seeds: the node with most objects; odd ones: the node that places the shards.</summary>
    public static async Task<LabNode> ChooseAsync(Stage stage)
    {
        var isBusiest = int.IsEvenInteger(stage.Options.Seed);
        var victim = isBusiest ? await stage.Nodes.BusiestAsync().ConfigureAwait(false) : stage.Nodes.Coordinator;
        stage.Timeline.Note($"the victim is {victim.Name}, which {(isBusiest ? "has most entities" : "places the shards")}");
        await stage.Choose(victim).ConfigureAwait(false);
        return victim;
    }
}
