using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>Who is hurt.</summary>
internal static class Victim
{
    /// <summary>Even seeds: the node with most objects; odd ones: the node that places the shards.</summary>
    public static async Task<LabNode> ChooseAsync(Stage stage)
    {
        var isBusiest = int.IsEvenInteger(stage.Options.Seed);
        var victim = await (isBusiest ? stage.Nodes.BusiestAsync() : stage.Nodes.CoordinatorAsync())
            .ConfigureAwait(false);
        stage.Timeline.Note(
            $"the victim is {victim.Name}, which {(isBusiest ? "has most entities" : "places the shards")}");
        await stage.Choose(victim).ConfigureAwait(false);
        return victim;
    }
}
