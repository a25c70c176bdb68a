namespace Pagewise.Architecture.Tests.Metadata;

/// <summary>A type names another: in a base type, an interface, a signature, a local, an instruction or an attribute.</summary>
internal readonly record struct TypeUse(TypeName From, TypeName To)
{
    public override string ToString() => $"{From} uses {To}";
}
