namespace Cluster.Lab.Checkers.Search;

/// <summary>A sequential object: the effects and the possible results of its calls, by their index.</summary>
/// <typeparam name="TState">Immutable, with equality by value.</typeparam>
internal interface IModel<TState> where TState : IEquatable<TState>
{
    /// <summary>The initial state.</summary>
    TState Initial { get; }

    /// <summary>Whether the call can happen in this state with its recorded result, and the state after it.</summary>
    bool TryApply(TState state, int call, out TState next);

    /// <summary>The state in words.</summary>
    string Describe(TState state);
}
