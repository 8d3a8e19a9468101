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
    // Two nodes may claim a group at once while its shard moves from one to the other.
    private const int Attempts = 3;

    private readonly Lock _gate = new();

    /// <summary>Returns when the writer's thread has opened the journal, and its tables are there.</summary>
    /// <exception cref="JournalUnavailableException">It cannot be opened now.</exception>
    public void Open()
    {
        if (!TryClaim(new HashSet<string>(), _ => { }))
            throw new JournalUnavailableException("the connection to the journal has broken again");
    }

    /// <summary>
    /// Returns when this node has the groups and all of their entries; false: other nodes claim them at the same time.
    /// </summary>
    /// <param name="groups">The groups.</param>
    /// <param name="adopt">Reads the logs of other nodes for groups that are new.</param>
    /// <exception cref="JournalUnavailableException">The journal cannot be used now.</exception>
    public bool TryClaim(IReadOnlySet<string> groups, Action<IReadOnlySet<string>> adopt)
    {
        if (index.Has(groups)) return true;
        lock (_gate)
        {
            for (var attempt = 0; attempt < Attempts && !index.Has(groups); attempt++)
            {
                var claim = WriteRequest.OfClaim([.. groups]);
                write(claim);
                claim.Task.GetAwaiter().GetResult();
                adopt(groups);
                index.Take(groups);
            }

            return index.Has(groups);
        }
    }
}
