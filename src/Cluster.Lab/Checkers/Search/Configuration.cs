namespace Cluster.Lab.Checkers.Search;

/// <summary>
/// A prefix of an order: the state after it, and the calls under way that it contains (ascending). It contains every
/// call that has returned, and no call that has not been made.
/// </summary>
internal sealed class Configuration<TState>(TState state, int[] done) : IEquatable<Configuration<TState>>
    where TState : IEquatable<TState>
{
    private readonly int _hash = Hash(state, done);

    public TState State => state;

    public bool Has(int call) => Array.BinarySearch(done, call) >= 0;

    public Configuration<TState> With(int call, TState next)
    {
        var place = ~Array.BinarySearch(done, call);
        var more = new int[done.Length + 1];
        Array.Copy(done, more, place);
        more[place] = call;
        Array.Copy(done, place, more, place + 1, done.Length - place);
        return new Configuration<TState>(next, more);
    }

    public Configuration<TState> Without(int call) => new(state, Array.FindAll(done, other => other != call));

    public bool Equals(Configuration<TState>? other) => other is not null
        && other._hash == _hash && other.State.Equals(state) && other.SameDone(done);

    public override bool Equals(object? obj) => Equals(obj as Configuration<TState>);

    public override int GetHashCode() => _hash;

    private bool SameDone(int[] others) => others.AsSpan().SequenceEqual(done);

    private static int Hash(TState state, int[] done)
    {
        var hash = new HashCode();
        hash.Add(state);
        foreach (var call in done) hash.Add(call);
        return hash.ToHashCode();
    }
}
