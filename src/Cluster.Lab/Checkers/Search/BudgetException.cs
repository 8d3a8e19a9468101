namespace Cluster.Lab.Checkers.Search;

/// <summary>The search used up its budget.</summary>
internal sealed class BudgetException() : Exception("the budget is used up");
