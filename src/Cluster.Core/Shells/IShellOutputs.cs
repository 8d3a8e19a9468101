using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Shells;

/// <summary>
/// What an <see cref="EntityShell{TRef}"/> wants from its driver. The driver must not call the shell from inside of
/// these methods; it gives its next input after <see cref="EntityShell{TRef}.Drain"/> has returned.
/// </summary>
/// <typeparam name="TRef">The address of a session or of another asker.</typeparam>
public interface IShellOutputs<in TRef>
    where TRef : notnull
{
    /// <summary>
    /// Write these rows, all or none; then call <see cref="EntityShell{TRef}.Written"/>. If the write fails, the
    /// driver drops the shell and makes a new one from the journal.
    /// </summary>
    void Write(JournalWrite write);

    /// <summary>Delete the whole journal; then call <see cref="EntityShell{TRef}.JournalDeleted"/>.</summary>
    void DeleteJournal();

    /// <summary>These results leave now, after the write. For observers; the shell sends them next.</summary>
    void Leaving(IReadOnlyList<(int Pid, Result Result)> results)
    {
    }

    /// <summary>Results, or the word that outstanding calls have to come again, for a session.</summary>
    void Send(TRef session, Results results);

    /// <summary>The answer to a request, or news for a subscriber.</summary>
    void Send(TRef asker, Reply reply);

    /// <summary>A request to another entity. Its answer comes back by <see cref="EntityShell{TRef}.Reply"/>.</summary>
    void Send(Request request);

    /// <summary>Call <see cref="EntityShell{TRef}.Gone"/> when this session or asker is gone.</summary>
    void Watch(TRef peer);

    /// <summary>The end of this session or asker is of no interest any more.</summary>
    void Unwatch(TRef peer);

    /// <summary>
    /// Call <see cref="EntityShell{TRef}.Tick"/> after this many ms, and not at the time that was asked for before. A
    /// delay and not a time, so that a clock that is set back does not lengthen it.
    /// </summary>
    void WakeAfter(long delayMs);

    /// <summary>Call <see cref="EntityShell{TRef}.QuorumBack"/> when the node has its majority again.</summary>
    void AwaitQuorum();

    /// <summary>
    /// The entity can leave memory: route new messages elsewhere, then call <see cref="EntityShell{TRef}.Stop"/>.
    /// </summary>
    void Passivate();

    /// <summary>The entity has stopped: call <see cref="EntityShell{TRef}.End"/> and drop the shell.</summary>
    void Stopped();
}
