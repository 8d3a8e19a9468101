namespace Cluster.Lab.Checkers.Search;

/// <summary>The search was given up.</summary>
internal sealed class BudgetException() : Exception("the budget is used up");
