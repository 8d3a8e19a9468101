using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Cluster.Actors.Tests.Entities;

/// <summary>
/// A journal in memory that writes, and after <see cref="Forget"/> reports its next write as failed.
/// </summary>
public sealed class ForgetfulJournal : MemoryJournal
{
    private bool _forgets;

    protected override bool ReceivePluginInternal(object message)
    {
        if (message is not Forget) return base.ReceivePluginInternal(message);
        _forgets = true;
        Sender.Tell(message);
        return true;
    }

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var written = await base.WriteMessagesAsync(messages, cancellationToken);
        if (!_forgets) return written;
        _forgets = false;
        throw new IOException("the connection was lost after the commit");
    }

    /// <summary>The next write is made, and fails. Answered with itself.</summary>
    public sealed record Forget;
}
