namespace Cluster.Lab.Checkers.Search;

/// <summary>The values of a semaphore set, and the semadj values of each process that ended.</summary>
internal sealed class SetState(int[] numbers) : IEquatable<SetState>
{
    public int[] Numbers => numbers;

    public bool Equals(SetState? other) => other is not null && other.Numbers.AsSpan().SequenceEqual(numbers);

    public override bool Equals(object? obj) => Equals(obj as SetState);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var number in numbers) hash.Add(number);
        return hash.ToHashCode();
    }
}
