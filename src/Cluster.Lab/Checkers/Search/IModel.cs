namespace Cluster.Lab.Checkers.Search;

/// <summary>A sequential object: what its calls, by their index, do and may return.</summary>
/// <typeparam name="TState">Immutable, with equality by value.</typeparam>
internal interface IModel<TState> where TState : IEquatable<TState>
{
    /// <summary>The state at the beginning.</summary>
    TState Initial { get; }

    /// <summary>Whether the call can happen in this state with the result that it had, and the state after
    /// it.</summary>
    bool TryApply(TState state, int call, out TState next);

    /// <summary>The state in words.</summary>
    string Describe(TState state);
}
