using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Simulation.Mqueues;

/// <summary>What the account of uid 1000 counts, and what the directories of some namespaces have.</summary>
internal static class ChargeCheck
{
    private const uint Uid = 1000;

    /// <summary>The account has the charge of each queue and no other, and nothing is under way.</summary>
    /// <returns>The number of queues.</returns>
    public static int Equal(World world, IEnumerable<ulong> namespaces)
    {
        HashSet<(ulong Namespace, long Number, long Bytes)> living = [];
        foreach (var number in namespaces)
        {
            var key = new EntityKey { Kind = Kind.Directory, Namespace = number, Id = (long)Kind.Mqueue };
            if (!ProgramRun.Left(world, Kind.Directory).Contains(EntityIds.Format(key))) continue;
            var directory = (ObjectDirectory)world.Find(key).Machine; // it may have left memory
            if (directory.HasChargesUnderWay)
                throw new SimulationException($"a charge of namespace {number} waits: {directory.TakeSnapshot()}");
            foreach (var charge in directory.Charges.Where(charge => charge.Uid == Uid))
                living.Add((number, charge.Number, charge.Bytes));
        }

        var account = (Account)world.Find(Account.KeyOf(Uid)).Machine;
        var counted = account.All.Select(each => (each.Directory.Namespace, each.Number, each.Bytes)).ToHashSet();
        if (!counted.SetEquals(living))
            throw new SimulationException($"{string.Join(' ', counted)} is counted, and {string.Join(' ', living)} lives");
        return living.Count;
    }
}
