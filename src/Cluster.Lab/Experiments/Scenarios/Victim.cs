using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>Chooses the node for a fault.</summary>
internal static class Victim
{
    /// <summary>Even seeds: the node with most objects; odd ones: the node that places the shards.</summary>
    public static async Task<LabNode> ChooseAsync(ScenarioContext context)
    {
        var victim = await FindAsync(context).ConfigureAwait(false);
        await context.Choose(victim).ConfigureAwait(false);
        return victim;
    }

    /// <summary>Finds the node. The report does not tell its objects from those of other nodes.</summary>
    public static async Task<LabNode> FindAsync(ScenarioContext context)
    {
        var isBusiest = int.IsEvenInteger(context.Options.Seed);
        var victim = await (isBusiest ? context.Nodes.BusiestAsync() : context.Nodes.CoordinatorAsync())
            .ConfigureAwait(false);
        context.Timeline.Note(
            $"the victim is {victim.Name}, which {(isBusiest ? "has most entities" : "places the shards")}");
        return victim;
    }
}
