using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Journal.Log;

/// <summary>
/// Claims groups before their entities are read: the writer's thread claims them, and then the reader reads what the
/// logs of other nodes have of them. One reader at a time.
/// </summary>
/// <param name="index">Knows the groups that this node has.</param>
/// <param name="write">Hands a request to the writer's thread.</param>
internal sealed class LogClaims(LogIndex index, Action<WriteRequest> write)
{
    private readonly Lock _gate = new();

    /// <summary>Returns when the writer's thread has opened the journal, and its tables are there.</summary>
    /// <exception cref="JournalUnavailableException">It cannot be opened now.</exception>
    public void Open() => Claim(new HashSet<string>(), _ => { });

    /// <summary>Returns when this node has the groups and all of their entries.</summary>
    /// <param name="groups">The groups.</param>
    /// <param name="adopt">Reads the logs of other nodes for groups that are new.</param>
    /// <exception cref="JournalUnavailableException">They cannot be claimed now.</exception>
    public void Claim(IReadOnlySet<string> groups, Action<IReadOnlySet<string>> adopt)
    {
        if (index.Has(groups)) return;
        lock (_gate)
        {
            if (index.Has(groups)) return;
            var claim = WriteRequest.OfClaim([.. groups]);
            write(claim);
            claim.Task.GetAwaiter().GetResult();
            adopt(groups);
            index.Take(groups);
            if (!index.Has(groups))
                throw new JournalUnavailableException("another node has claimed the entities in the meantime");
        }
    }
}
