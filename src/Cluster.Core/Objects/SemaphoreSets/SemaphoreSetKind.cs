using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.SemaphoreSets;

/// <summary>
/// The kind "semaphore set". In ipc/sem.c semget checks semmsl before the key; newary checks that there is a semaphore,
/// and semmns.
/// </summary>
public sealed class SemaphoreSetKind() : ObjectKind(Kind.SemaphoreSet, "sem", 's', "semmni")
{
    public override ObjectMachine Create(EntityKey key) => new SemaphoreSet(key);

    public override bool IsSize(long size, Limits limits) => size >= 0 && size <= limits.Semmsl;

    public override bool IsNewSize(long size, Limits limits) => size > 0;

    public override bool CanHold(long size) => size <= Bounds.SemaphoresPerSet;

    public override ulong UnitsOf(ulong size) => size;

    public override ulong UnitsBound(Limits limits) => (ulong)Math.Max(0, limits.Semmns);
}
