using System.Diagnostics.CodeAnalysis;
using Cluster.Core.Machines;

namespace Cluster.Core.Shells;

/// <summary>
/// Who wants to hear what an entity publishes. Each is known by the token of its latest subscription: a subscriber
/// subscribes again from time to time.
/// </summary>
/// <typeparam name="TRef">The address of a subscriber.</typeparam>
internal sealed class Subscribers<TRef>
    where TRef : notnull
{
    private FewMap<TRef, ulong> _tokens;
    private FewMap<ulong, TRef> _byToken;

    /// <summary>How many there are.</summary>
    public int Count => _tokens.Count;

    /// <summary>All of them; in no order.</summary>
    public IEnumerable<TRef> All => _tokens.Keys;

    /// <summary>Adds a subscriber, or gives it a new token. True: it is new here and has to be watched.</summary>
    public bool Set(TRef subscriber, ulong token)
    {
        var isKnown = _tokens.TryGetValue(subscriber, out var old);
        if (isKnown) _byToken.Remove(old);
        _tokens[subscriber] = token;
        _byToken[token] = subscriber;
        return !isKnown;
    }

    /// <summary>The subscriber whose latest subscription came with a token.</summary>
    public bool TryGet(ulong token, [MaybeNullWhen(false)] out TRef subscriber) =>
        _byToken.TryGetValue(token, out subscriber);

    /// <summary>Drops a subscriber. Returns the token of its latest subscription; null: it was none.</summary>
    public ulong? Remove(TRef subscriber)
    {
        if (!_tokens.Remove(subscriber, out var token)) return null;
        _byToken.Remove(token);
        return token;
    }
}
