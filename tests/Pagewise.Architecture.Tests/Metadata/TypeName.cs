namespace Pagewise.Architecture.Tests.Metadata;

/// <summary>A type by its names; a nested type counts as the type that holds it.</summary>
internal readonly record struct TypeName(string Assembly, string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}.{Name}";
}
