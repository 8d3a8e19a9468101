namespace Cluster.Lab.Checkers.Search;

/// <summary>The messages in a queue, by their number, the oldest first.</summary>
internal sealed class QueueState(int[] messages) : IEquatable<QueueState>
{
    private readonly int _hash = Hash(messages);

    public int[] Messages => messages;

    public bool Equals(QueueState? other) =>
        other is not null && other._hash == _hash && other.Messages.AsSpan().SequenceEqual(messages);

    public override bool Equals(object? obj) => Equals(obj as QueueState);

    public override int GetHashCode() => _hash;

    private static int Hash(int[] messages)
    {
        var hash = new HashCode();
        foreach (var message in messages) hash.Add(message);
        return hash.ToHashCode();
    }
}
